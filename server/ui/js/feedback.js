// Feedback under an answer: one click where it is right, a short form where it is not.

import { ApiError, giveFeedback } from "./api.js";
import { announce, button, h } from "./dom.js";
import { t } from "./strings.js";
import { problem } from "./words.js";

const VERDICTS = ["right", "wrong_answer", "wrong_evidence", "missing"];
let last = 0; // for ids
const drafts = new WeakMap(); // answer → what was said of it and not sent yet, whatever is drawn anew meanwhile

// show(answer) opens a document for picking and resolves to {document_id, quote}, or null.
export function feedback(answer, show) {
	const node = h("div", { class: "feedback" });
	node.append(...choices(answer, show, node));
	reopen(node, answer, show);
	return node;
}

// One click, where nothing was found.
export function gapButtons(answer, show) {
	const node = h("div", { class: "actions" });
	const thanks = h("p", { class: "why" }, t("gapReported"));
	const report = button(t("reportGap"), () => send(node, answer, "missing", "", null, thanks));
	const there = button(t("isThere"), () => addForm(node, answer, "wrong_answer", show));
	node.append(report, there);
	reopen(node, answer, show);
	return node;
}

function reopen(node, answer, show) {
	const draft = drafts.get(answer);
	if (draft) addForm(node, answer, draft.verdict, show, { quiet: true });
}

// more: see feedback-form.js
async function addForm(node, answer, verdict, show, more) {
	const draft = drafts.get(answer) ?? { comment: "", expected: null };
	drafts.set(answer, Object.assign(draft, { verdict }));
	const { openForm } = await import("./feedback-form.js");
	openForm(node, answer, show, draft, () => send(node, answer, draft.verdict, draft.comment.trim(), draft.expected), more);
}

function choices(answer, show, node) {
	const id = `rate-${++last}`;
	const rate = (verdict, more) => {
		if (verdict === "right") return send(node, answer, verdict);
		addForm(node, answer, verdict, show, more);
	};
	const group = h(
		"div",
		{ role: "group", class: "rates", "aria-labelledby": id },
		VERDICTS.map((verdict) =>
			button(t(`rate_${verdict}`), () => rate(verdict), { kind: "rate", value: verdict, "aria-pressed": "false" }),
		),
	);
	group.addEventListener("doubt", ({ detail }) => rate("wrong_evidence", { begun: detail })); // from the card of a citation
	return [h("span", { id, class: "why" }, t("rateLabel")), group];
}

async function send(node, answer, verdict, comment = "", expected = null, thanks = null) {
	const said = thanks ?? h("p", { class: "why" }, t("rated"));
	const inside = node.contains(document.activeElement);
	try {
		await giveFeedback(answer.id, verdict, comment, expected);
	} catch (error) {
		if (!(error instanceof ApiError)) throw error;
		if (error.status === 404) return node.replaceChildren();
		const { title, text } = problem(error);
		node.querySelector(".why.trouble")?.remove();
		node.append(h("p", { class: "why trouble", role: "alert" }, `${title}. ${text}`));
		return;
	}
	drafts.delete(answer);
	node.replaceChildren(said);
	said.tabIndex = -1;
	if (inside) said.focus({ preventScroll: true });
	announce(said.textContent);
}
