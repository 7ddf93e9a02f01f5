// The visible strings, from the table of one language: strings-en.js, strings-zh.js.

import { locale, setLocale } from "./locale.js";

let table = await load(locale);

async function load(name) {
	return (await import(`./strings-${name.slice(0, 2)}.js`)).default;
}

export async function setLanguage(name) {
	table = await load(name);
	setLocale(name);
}

export function t(key, ...values) {
	const found = table[key];
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
	delete document.documentElement.dataset.waits;
}
