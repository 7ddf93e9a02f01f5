// The language of the page: that of the browser until a person chooses another one.

import en from "./strings-en.js";
import zh from "./strings-zh.js";
import { remember, remembered } from "./storage.js";

const KEY = "language";
const TABLES = { en, "zh-Hant": zh };
export const LANGUAGES = [["en", "English"], ["zh-Hant", "繁體中文"]]; // each in its own words

const wanted = navigator.languages.map((name) => (/^zh\b/i.test(name) ? "zh-Hant" : name.slice(0, 2).toLowerCase()));
export let locale = [remembered(KEY), ...wanted].find((name) => name in TABLES) ?? "en";

export function setLanguage(name) {
  locale = name;
  remember(KEY, name);
}

// With a region, where the same language writes dates otherwise.
export const region = () => ({ en: "en-GB", "zh-Hant": "zh-Hant-TW" })[locale];

export const number = (value) => value.toLocaleString(region());

export function t(key, ...values) {
  const found = TABLES[locale][key];
  if (found === undefined) throw new Error(`No string ${key}`);
  return typeof found === "function" ? found(...values) : found;
}

// Fills the static page: the language of these strings is the language of the document.
export function translate(root) {
  for (const node of root.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of root.querySelectorAll("[data-t-label]")) node.setAttribute("aria-label", t(node.dataset.tLabel));
  for (const node of root.querySelectorAll("[data-t-placeholder]")) node.placeholder = t(node.dataset.tPlaceholder);
  document.documentElement.lang = locale;
  document.title = t("appName");
}
