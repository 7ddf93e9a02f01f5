// What is wrong with an answer: a comment, and the passage that would have been right.

import { button, h } from "./dom.js";
import { t } from "./strings.js";

let last = 0; // for ids

// show(answer, opener): see feedback.js; done(comment, expected).
export function form(answer, show, done) {
	const id = `comment-${++last}`;
	const comment = h("textarea", { id, rows: "2", maxlength: "1000" });
	const chosen = h("p", { class: "why", hidden: true });
	let expected = null;
	let words = "";
	const picker = button(t("ratePick"), async () => {
		const found = await show(answer, picker);
		if (!found) return;
		words = found.words;
		expected = placeOf(answer, found);
		chosen.replaceChildren(`${t("ratePicked")} `, h("q", {}, words));
		chosen.hidden = false;
	});
	const submit = () => {
		const said = [comment.value.trim(), words && t("quoted", words)].filter(Boolean).join("\n");
		done(said.slice(0, 2000), expected);
	};
	return h(
		"div",
		{ class: "feedback-form" },
		h("label", { for: id }, t("rateComment")),
		comment,
		chosen,
		h("div", { class: "actions" }, button(t("rateSend"), submit, { kind: "button" }), picker),
	);
}

// Offsets come from the server alone: those of the passage it cut that holds the words. Otherwise the words must do.
function placeOf(answer, { document_id: id, words }) {
	const pieces = [...answer.citations.map((c) => ({ ...c, text: c.quote })), ...answer.consulted];
	const holds = (piece) => piece.document_id === id && piece.text.replace(/\s+/g, " ").includes(words);
	const piece = pieces.find(holds);
	return piece ? { document_id: id, start: piece.start, end: piece.end } : null;
}
