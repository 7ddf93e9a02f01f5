// What is wrong with an answer: a comment, and the passage that would have been right.

import { button, h } from "./dom.js";
import { sheet } from "./sheet.js";
import { t } from "./strings.js";

await sheet("more.css");

let last = 0; // for ids

// In `node`, instead of one that is there. draft = {verdict, comment, expected}: what is filled in, and goes on being.
// begun: what the comment begins with, unless it does; quiet: nobody asked for it just now.
export function openForm(node, answer, show, draft, done, { begun = "", quiet = false } = {}) {
	if (!draft.comment.startsWith(begun)) draft.comment = begun + draft.comment;
	for (const rate of node.querySelectorAll(".rate")) rate.setAttribute("aria-pressed", String(rate.value === draft.verdict));
	node.querySelector(".feedback-form")?.remove();
	node.append(form(answer, show, draft, done));
	if (quiet) return;
	node.querySelector("textarea").focus({ preventScroll: true });
	node.lastChild.scrollIntoView({ block: "nearest" });
}

// show(answer, opener): see feedback.js
function form(answer, show, draft, done) {
	const id = `comment-${++last}`;
	const comment = h("textarea", { id, rows: "2", maxlength: "1000" }, draft.comment);
	comment.addEventListener("input", () => (draft.comment = comment.value));
	const chosen = h("p", { class: "why" });
	draft.drawn = () => {
		chosen.hidden = !draft.expected;
		chosen.replaceChildren(`${t("ratePicked")} `, h("q", {}, draft.expected?.quote));
	};
	draft.drawn();
	const picker = button(t("ratePick"), async () => {
		draft.expected = (await show(answer, picker)) ?? draft.expected;
		draft.drawn(); // in the form that is there by then
	});
	return h(
		"div",
		{ class: "feedback-form" },
		h("label", { for: id }, t("rateComment")),
		comment,
		chosen,
		h("div", { class: "actions" }, button(t("rateSend"), done, { kind: "button" }), picker),
	);
}
