// Words selected in the document: ask about them, or show them as the passage an answer should have used.

import { byId, button, h } from "./dom.js";
import { t } from "./strings.js";

const MAX_WORDS_CHARS = 300; // as much as a question about it needs

let picking = null; // {done(words), documentId} while a passage is shown to the feedback form
let onAsk = null;

const reading = () => byId("pane-body").querySelector(".document");

function selectedWords() {
	const chosen = getSelection();
	if (!reading() || chosen.isCollapsed || !reading().contains(chosen.anchorNode)) return "";
	return chosen.toString().replace(/\s+/g, " ").trim();
}

function show() {
	const words = selectedWords();
	const bar = byId("selected");
	bar.hidden = !words && !picking;
	if (bar.hidden) return;
	const short = words.length > MAX_WORDS_CHARS ? `${words.slice(0, MAX_WORDS_CHARS)}…` : words;
	const keep = { onpointerdown: (event) => event.preventDefault(), kind: "button" }; // else the selection goes
	bar.replaceChildren(
		h("p", {}, picking && !words ? t("pickHint") : t("quoted", short)),
		...(words && picking ? [button(t("pickThis"), () => picked(words), keep)] : []),
		...(words && !picking ? [button(t("askThis"), () => onAsk(short), keep)] : []),
		...(picking ? [button(t("cancel"), () => picked(null))] : []),
	);
}

function picked(words) {
	const { done } = picking;
	stopPicking();
	getSelection().removeAllRanges();
	done(words);
}

export function stopPicking() {
	picking = null;
	byId("pane-body").classList.remove("is-picking");
	show();
}

// done(words) with the words of the passage, or null.
export function pick(done) {
	picking = { done };
	byId("pane-body").classList.add("is-picking");
	show();
}

export function setUpSelecting(ask) {
	if (onAsk) return;
	onAsk = ask;
	document.addEventListener("selectionchange", show);
	byId("pane-body").addEventListener("click", (event) => {
		const paragraph = picking && getSelection().isCollapsed && event.target.closest(".document p");
		if (paragraph) getSelection().selectAllChildren(paragraph); // the bar then asks whether this is it
	});
	show();
}
