// What can be done with a finished answer: copy it, link to it, say whether it is right.

import { copy } from "./clipboard.js";
import { button, h } from "./dom.js";
import { feedback } from "./feedback.js";
import { menuOf } from "./menu.js";
import { answerAddress } from "./route.js";
import { t } from "./strings.js";

const COPIED_MS = 2000;

export function actionsOf(answer, pick) {
	const link = () => new URL(answerAddress(answer.id), location.origin).href;
	const copier = (node, text) => async () => {
		const words = node.lastChild;
		const before = words.textContent;
		if (!(await copy(await text())) || before === t("copied")) return;
		words.textContent = t("copied");
		setTimeout(() => (words.textContent = before), COPIED_MS);
	};
	const ways = [
		["copyNotes", (make) => make.withFootnotes(answer)],
		["copyText", () => answer.answer_plain],
		["copyMarkdown", (make) => `${make.markdown(answer)}\n`],
	];
	const all = button(t("copy"), () => {}, { sign: "copy", kind: "action" });
	const share = button(t("copyLink"), () => copier(share, link)(), { sign: "link", kind: "action" });
	const row = h("div", { class: "actions" }, all, share, answer.status !== "not_found" && feedback(answer, pick));
	menuOf(all, () => ways.map(([name, text]) => ({ label: t(name), act: copier(all, async () => text(await import("./export.js"))) })));
	return row;
}
