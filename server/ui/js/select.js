// Words selected in the document: ask about them, see which answers cite them, or show them as the passage an answer
// should have used.

import { getJson } from "./api.js";
import { announce, byId, button, h, insideLink } from "./dom.js";
import { momentWords } from "./format.js";
import { answerAddress } from "./route.js";
import { t } from "./strings.js";
import { problem } from "./words.js";

const MAX_WORDS_CHARS = 300; // as much as a question about it needs
const MAX_SOUGHT_CHARS = 2000; // as much as the server looks for

let picking = null; // {done(words or null)} while a passage is shown to the feedback form
let page = null; // {pane, box, thread, openConversation(id), openDocument({id}, opener)}

const reading = () => byId("pane-body").querySelector(".document");

// Those of the document alone, wherever the selection ends.
function selectedWords() {
	const chosen = getSelection();
	if (!reading() || chosen.isCollapsed) return "";
	const range = chosen.getRangeAt(0);
	const within = [...reading().querySelectorAll("p")].filter((paragraph) => range.intersectsNode(paragraph));
	const words = within.map((paragraph) => {
		const part = range.cloneRange();
		if (!paragraph.contains(part.startContainer)) part.setStart(paragraph, 0);
		if (!paragraph.contains(part.endContainer)) part.setEnd(paragraph, paragraph.childNodes.length);
		return part.toString();
	});
	return words.join(" ").replace(/\s+/g, " ").trim();
}

// Also in another language.
export function show() {
	const words = selectedWords();
	const bar = byId("selected");
	bar.hidden = !words && !picking;
	if (bar.hidden) return;
	const short = words.length > MAX_WORDS_CHARS ? `${words.slice(0, MAX_WORDS_CHARS)}…` : words;
	bar.replaceChildren(
		h("p", {}, picking && !words ? t("pickHint") : t("quoted", short)),
		...(words && picking ? [button(t("pickThis"), () => picked(words), { kind: "button" })] : []),
		...(words && !picking ? [button(t("askThis"), () => ask(short), { kind: "button" }), citing(words)] : []),
		...(picking ? [button(t("cancel"), () => picked(null))] : []),
	);
}

// Asks for the answers when it is wanted, and gives them its place.
function citing(words) {
	const list = async () => {
		const query = new URLSearchParams({ document_id: page.pane.documentId, words: [...words].slice(0, MAX_SOUGHT_CHARS).join("") });
		const { title, text, answers: found = [], more } = await getJson(`/answers?${query}`).catch(problem);
		const said = h("p", { tabindex: "-1" }, title ? `${title}. ${text}` : t("citedBy", found.length, more));
		announce(said.textContent);
		if (!node.isConnected) return;
		const focused = document.activeElement === node;
		node.replaceWith(h("div", { class: "citing" }, said, h("ul", {}, found.map(item))));
		if (focused) said.focus();
	};
	const node = button(t("whoCites"), list);
	return node;
}

function item(line) {
	const link = insideLink(answerAddress(line.id), {}, () => open(line), line.question);
	return h("li", {}, link, h("span", { class: "facts" }, momentWords(line.asked)));
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

// The person shows the passage that an answer should have used: resolves to {document_id, quote} or null.
export async function pickFor(answer, opener) {
	const near = answer.citations[0] ?? answer.consulted[0];
	if (!page.pane.documentId && near) await page.openDocument({ id: near.document_id }, opener);
	return new Promise((resolve) => {
		const done = (words) => {
			const id = page.pane.documentId;
			if (matchMedia("(max-width: 1023.98px)").matches) page.pane.close();
			opener.focus();
			resolve(words && { document_id: id, quote: words });
		};
		picking = { done };
		byId("pane-body").classList.add("is-picking");
		show();
	});
}

function leave() {
	page.pane.forgetOpener();
	page.pane.close();
}

function ask(words) {
	leave();
	page.box.put(t("aboutWords", words), { focus: true });
}

// An answer of a kept conversation, at the citation of that number.
async function open({ id, conversation_id: conversation, citation }) {
	leave();
	const { thread, openConversation } = page;
	if (!thread.find(id)) await openConversation(conversation);
	const { node } = thread.find(id) ?? {};
	(node?.querySelector(`.prose .cite[value="${citation}"]`) ?? node)?.focus(); // which scrolls to it
}

export function setUpSelecting(parts) {
	if (page) return;
	page = parts;
	document.addEventListener("selectionchange", show);
	byId("selected").addEventListener("pointerdown", (event) => event.preventDefault()); // the selection stays
	byId("pane-body").addEventListener("click", (event) => {
		const paragraph = picking && getSelection().isCollapsed && event.target.closest(".document p");
		if (paragraph) getSelection().selectAllChildren(paragraph); // the bar then asks whether this is it
	});
	show();
}
