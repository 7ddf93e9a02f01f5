// The language of the page: that of the browser (early.js) until a person chooses another one.

import { remember } from "./storage.js";

const REGIONS = { en: "en-GB", "zh-Hant": "zh-Hant-TW" }; // the same language writes dates in several ways
export const LANGUAGES = [["en", "English"], ["zh-Hant", "繁體中文"]]; // each in its own words

export let locale = document.documentElement.lang;

export function setLocale(name) {
	locale = name;
	remember("language", name);
}

export const region = () => REGIONS[locale];

export const number = (value) => value.toLocaleString(region());
