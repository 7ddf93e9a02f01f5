// The language of the page: that of the browser until a person chooses another one.

import { remember, remembered } from "./storage.js";

const KEY = "language";
const REGIONS = { en: "en-GB", "zh-Hant": "zh-Hant-TW" }; // the same language writes dates in several ways
export const LANGUAGES = [["en", "English"], ["zh-Hant", "繁體中文"]]; // each in its own words

const wanted = navigator.languages.map((name) => (/^zh\b/i.test(name) ? "zh-Hant" : name.slice(0, 2).toLowerCase()));
export let locale = [remembered(KEY), ...wanted].find((name) => name in REGIONS) ?? "en";

export function setLocale(name) {
	locale = name;
	remember(KEY, name);
}

export const region = () => REGIONS[locale];

export const number = (value) => value.toLocaleString(region());
