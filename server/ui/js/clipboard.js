// Copying, also where the page came over plain http from another machine and the clipboard API is missing.

import { announce, h } from "./dom.js";
import { t } from "./strings.js";

export async function copy(text) {
	const done = navigator.clipboard ? await navigator.clipboard.writeText(text).then(() => true, () => false) : byHand(text);
	announce(t(done ? "copied" : "copyFailed"));
	return done;
}

function byHand(text) {
	const back = document.activeElement;
	const box = h("textarea", { class: "visually-hidden" });
	box.value = text;
	document.body.append(box);
	box.select();
	const done = document.execCommand("copy");
	box.remove();
	back?.focus({ preventScroll: true });
	return done;
}

// A file made here, given to the browser to keep.
export function download(name, text) {
	const url = URL.createObjectURL(new Blob([text], { type: "text/markdown;charset=utf-8" }));
	h("a", { href: url, download: name }).click();
	setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
