// A question sent before the page can take it: kept until it can.

import { byId } from "./dom.js";

const form = byId("ask");
const until = new AbortController();
let wanted = false;

form.addEventListener("submit", (event) => (event.preventDefault(), (wanted = true)), until);
byId("question").addEventListener("keydown", (event) => {
	if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
	event.preventDefault();
	wanted = true;
}, until);

// True when there was one.
export function takeOver() {
	until.abort();
	return wanted;
}
