// Style that comes with what it is for, not with the page.

import { h } from "./dom.js";

const sheets = new Map(); // name → promise

// Resolves when it is there; or cannot be had, when plain is better than nothing.
export function sheet(name) {
	if (!sheets.has(name)) {
		const href = new URL(`../${name}`, import.meta.url).href;
		sheets.set(name, new Promise((done) => {
			document.head.append(h("link", { rel: "stylesheet", href, onload: done, onerror: done }));
		}));
	}
	return sheets.get(name);
}
