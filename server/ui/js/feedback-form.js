// What is wrong with an answer: a comment, and the passage that would have been right.

import { button, h } from "./dom.js";
import { sheet } from "./sheet.js";
import { t } from "./strings.js";

await sheet("more.css");

let last = 0; // for ids

// show(answer, opener): see feedback.js; done(comment, expected); begun: what the comment begins with.
export function form(answer, show, done, begun) {
	const id = `comment-${++last}`;
	const comment = h("textarea", { id, rows: "2", maxlength: "1000" }, begun);
	const chosen = h("p", { class: "why", hidden: true });
	let expected = null;
	const picker = button(t("ratePick"), async () => {
		expected = (await show(answer, picker)) ?? expected;
		if (!expected) return;
		chosen.replaceChildren(`${t("ratePicked")} `, h("q", {}, expected.quote));
		chosen.hidden = false;
	});
	const submit = () => done(comment.value.trim(), expected);
	return h(
		"div",
		{ class: "feedback-form" },
		h("label", { for: id }, t("rateComment")),
		comment,
		chosen,
		h("div", { class: "actions" }, button(t("rateSend"), submit, { kind: "button" }), picker),
	);
}
