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

let picking = null; // {done(words), documentId} while a passage is shown to the feedback form
let page = null; // {documentId(), ask(words), open({id, conversation_id})}

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
		...(words && !picking ? [button(t("askThis"), () => page.ask(short), keep), citing(words)] : []),
		...(picking ? [button(t("cancel"), () => picked(null))] : []),
	);
}

// Asks for the answers when it is wanted, and gives them its place.
function citing(words) {
	const list = async () => {
		const query = new URLSearchParams({ document_id: page.documentId(), words: [...words].slice(0, MAX_SOUGHT_CHARS).join("") });
		const found = await getJson(`/answers?${query}`).then(({ answers }) => answers, problem);
		const said = found.title ? `${found.title}. ${found.text}` : t("citedBy", found.length);
		if (node.isConnected) node.replaceWith(h("div", { class: "citing" }, h("p", {}, said), found.title ? null : answers(found)));
		announce(said);
	};
	const node = button(t("whoCites"), list, { onpointerdown: (event) => event.preventDefault() });
	return node;
}

const answers = (found) =>
	h("ul", {}, found.map((line) =>
		h("li", {}, insideLink(answerAddress(line.id), {}, () => page.open(line), line.question), h("span", { class: "facts" }, momentWords(line.asked))),
	));

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

export function setUpSelecting(acts) {
	if (page) return;
	page = acts;
	document.addEventListener("selectionchange", show);
	byId("pane-body").addEventListener("click", (event) => {
		const paragraph = picking && getSelection().isCollapsed && event.target.closest(".document p");
		if (paragraph) getSelection().selectAllChildren(paragraph); // the bar then asks whether this is it
	});
	show();
}
