// The numbers behind a sentence: each shows its quote on hover and focus, and opens it in its document.

import { describe } from "./card.js";
import { h } from "./dom.js";
import { t } from "./strings.js";

const SHOWN = 3; // behind one sentence; the others when they are asked for
const LONG_WORD_CHARS = 18; // longer "words" (addresses, Chinese) may break before their markers

// The text and its markers, the first of them never alone on a line.
// view = {citation(number), answer(), open(citation, answer, marker)}: a citation may still be on its way.
export function cited(text, numbers, view) {
	const markers = numbers.filter(view.citation).map((number) => marker(number, view));
	const cut = text.lastIndexOf(" ") + 1;
	const [head, tail] = text.length - cut > LONG_WORD_CHARS ? [text, ""] : [text.slice(0, cut), text.slice(cut)];
	const hidden = markers.splice(SHOWN);
	return [head, h("span", { class: "keep" }, tail, markers.slice(0, 1)), ...markers.slice(1), hidden.length > 0 && more(hidden)];
}

function marker(number, { citation, answer, open }) {
	const bracket = (sign) => h("span", { class: "bracket" }, sign); // unseen, but copied with the text
	const label = t("sourceLabel", number, citation(number).title);
	const onclick = () => open(citation(number), answer(), node);
	const attributes = { type: "button", class: "cite", value: number, "aria-label": label, onclick };
	const node = h("button", attributes, bracket("["), number, bracket("]"));
	describe(node, () => [citation(number), answer()]);
	return node;
}

function more(hidden) {
	const label = t("moreSources", hidden.length);
	const node = h("button", { type: "button", class: "cite more-cites", "aria-label": label, title: label }, `+${hidden.length}`);
	node.addEventListener("click", () => {
		node.replaceWith(...hidden);
		hidden[0].focus();
	});
	return node;
}

// Shows every marker of an answer.
export function unfold(turn) {
	for (const node of turn?.querySelectorAll(".more-cites") ?? []) node.click();
}
