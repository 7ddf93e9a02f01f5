// Single keys, for those who check many quotes: only outside of text fields, and only while they are wanted.

import { cardFor } from "./card.js";
import { copy } from "./clipboard.js";
import { byId } from "./dom.js";
import { unfold } from "./markers.js";
import { remembered } from "./storage.js";
import { quoteText } from "./words.js";

export const KEY = "single-keys"; // "off" where they are not wanted

export const showKeys = async () => (await import("./keys-list.js")).showKeys();

// The answer that keys are about: the focused one, else the last.
const turn = () => document.activeElement?.closest(".turn") ?? byId("thread").lastElementChild;

// page = {box, pane, find(answerId)}
export function setUpKeys({ box, pane, find }) {
	const markers = () => [...(turn()?.querySelectorAll(".prose .cite") ?? [])];
	const openSource = (number) => {
		const find = () => turn()?.querySelector(`.cite[value="${number}"]`);
		const found = find() ?? (unfold(turn()), find());
		if (!found) return false;
		found.focus();
		found.click();
		return true;
	};
	const step = (by) => {
		if (pane.citation) return pane.step(by) ?? true;
		const all = markers();
		const next = all.indexOf(document.activeElement) + by;
		all.at(by < 0 && next < 0 ? -1 : next % all.length)?.focus();
		return all.length > 0;
	};
	const copyQuote = () => {
		const here = pane.citation ?? citationAt(cardFor() ?? document.activeElement?.closest(".cite"), find);
		if (here) copy(quoteText(here));
		return Boolean(here);
	};
	const acts = {
		"/": () => box.focus() ?? true,
		"?": () => showKeys(),
		n: () => step(1),
		p: () => step(-1),
		c: copyQuote,
	};
	addEventListener("keydown", (event) => {
		if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
		if (remembered(KEY) === "off" || document.querySelector("dialog[open], :popover-open")) return;
		if (event.target.closest("input, textarea, select, [contenteditable]")) return;
		const key = event.key.toLowerCase();
		if (/^[1-9]$/.test(key) ? openSource(key) : acts[key]?.()) event.preventDefault();
	});
}

function citationAt(marker, find) {
	if (!marker) return null;
	const { answer } = find(marker.closest(".turn")) ?? {};
	return answer?.citations.find(({ number }) => String(number) === marker.value) ?? null;
}
