// Finding words in the open document: painted, not put into the text, so that marks stay as they are.

import { iconButton, h } from "./dom.js";
import { number } from "./locale.js";
import { bring } from "./sight.js";
import { t } from "./strings.js";

const MAX_MATCHES = 2000;
const PAINTS = "highlights" in CSS;

// Case and accents aside, with every character in its place: "Hrib" finds "Hřib".
const fold = (text) => text.replace(/[^\0-\x7f]/g, (c) => c.normalize("NFD")[0]).toLowerCase();

// Ranges of `words` in the paragraphs of `root`, in order; within a paragraph across its marks.
function matches(root, words) {
	const needle = fold(words.trim());
	const found = [];
	if (!needle) return found;
	for (const paragraph of root.querySelectorAll("p")) {
		const text = fold(paragraph.textContent);
		for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + needle.length)) {
			found.push(rangeIn(paragraph, at, at + needle.length));
			if (found.length === MAX_MATCHES) return found;
		}
	}
	return found;
}

function rangeIn(paragraph, from, to) {
	const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
	const range = document.createRange();
	let before = 0;
	for (let node = walker.nextNode(); node; node = walker.nextNode()) {
		const end = before + node.length;
		if (from >= before && from < end) range.setStart(node, from - before);
		if (to <= end) {
			range.setEnd(node, to - before);
			break;
		}
		before = end;
	}
	return range;
}

function paint(name, ranges) {
	if (PAINTS) CSS.highlights.set(name, new Highlight(...ranges));
}

// `box` is where the words are typed, `reading` holds the paragraphs, `scroller` is what scrolls.
export function findIn(box, reading, scroller) {
	let found = [];
	let at = 0;
	const count = h("span", { class: "find-count", role: "status" });
	const show = () => {
		count.textContent = !box.value.trim() ? "" : found.length ? `${number(at + 1)} / ${number(found.length)}` : t("findNone");
		steps.forEach((step) => (step.disabled = found.length < 2));
		paint("found", found);
		paint("found-here", found.slice(at, at + 1));
		if (!found.length) return;
		bring(scroller, found[at]);
	};
	const step = (by) => {
		if (!found.length) return;
		at = (at + by + found.length) % found.length;
		show();
	};
	const steps = [
		iconButton(t("findPrevious"), "previous", () => step(-1)),
		iconButton(t("findNext"), "next", () => step(1)),
	];
	steps.forEach((node) => (node.disabled = true));
	const look = () => {
		found = matches(reading, box.value);
		at = 0;
		show();
	};
	box.addEventListener("input", look);
	box.addEventListener("keydown", (event) => {
		if (event.isComposing) return;
		if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
		if (event.key === "Escape" && box.value) {
			event.stopPropagation();
			box.value = "";
			look();
		}
	});
	box.after(count, ...steps);
	if (box.value) look();
}
