// The two lists under an answer: what it cites, open, and what else was looked at, closed.

import { aboutDocument } from "./api.js";
import { button, h, inOrder, insideLink } from "./dom.js";
import { foreignName, joined, sectionWords } from "./format.js";
import { cutOf, quoteNodes, whenSeen } from "./marks.js";
import { documentAddress } from "./route.js";
import { t } from "./strings.js";
import { addressOf, supportWords } from "./words.js";

const NEAREST_SHOWN = 3; // enough to see what came near, little enough to read

export function citedList(answer, open) {
	return h(
		"section",
		{ class: "sources" },
		h("h3", {}, t("citedTitle", answer.citations.length)),
		h("ol", { class: "cited" }, answer.citations.map((citation) => cited(citation, answer, open))),
	);
}

const addressIn = ({ document_id: id, start, end }) => documentAddress(id, start, end);

function cited(citation, answer, open) {
	const quote = h("blockquote", { class: "quote" }, citation.quote);
	if (citation.highlight) {
		whenSeen(quote, async () => quote.replaceChildren(...quoteNodes(citation.quote, await cutOf(citation))));
	}
	const where = h("span", {}, joined(sectionWords(citation.section), supportWords(citation, answer)));
	const label = t("sourceLabel", citation.number, citation.title);
	const attributes = { "aria-label": label, "data-address": addressOf(citation) }; // the address is for print
	return h(
		"li",
		{},
		h("span", { class: "number", "aria-hidden": "true" }, citation.number),
		h(
			"div",
			{ class: "cited-body" },
			quote,
			h(
				"p",
				{ class: "facts" },
				insideLink(addressIn(citation), attributes, (link) => open(citation, answer, link), citation.title),
				where,
				inItsLanguage(quote, citation.document_id),
			),
		),
	);
}

// Tells what reads aloud, and the eye, when a quote is in another language than the page.
function inItsLanguage(quote, id) {
	const badge = h("span", { class: "badge", hidden: true });
	aboutDocument(id).then((known) => {
		if (!known?.language) return;
		quote.lang = known.language;
		const name = foreignName(known.language);
		badge.hidden = !name;
		badge.textContent = name ? t("original", name) : "";
	});
	return badge;
}

// What was considered and not cited; null when there is nothing.
export function alsoList(answer, open) {
	const used = new Set(answer.citations.map((citation) => citation.passage_id));
	const rest = answer.consulted.filter((passage) => !used.has(passage.passage_id));
	if (!rest.length) return null;
	const items = rest.map((passage) => passageItem(passage, open));
	const explain = async () => {
		const { whyNot } = await import("./lacks.js"); // with the first list that is opened
		items.forEach((item, row) => item.append(h("p", { class: "facts" }, whyNot(answer.standalone_question, rest[row].text))));
	};
	const list = h("details", { class: "sources also" }, h("summary", {}, t("alsoTitle", rest.length)), h("ol", { class: "passages" }, items));
	list.addEventListener("toggle", explain, { once: true });
	return list;
}

// What came nearest to a question without an answer; to one that was not understood, nothing.
export function nearestList(answer, open) {
	if (!answer.consulted.length || answer.reason === "unsupported_language") return null;
	const items = answer.consulted.map((passage) => passageItem(passage, open));
	const list = h("ol", { class: "passages" }, items.slice(0, NEAREST_SHOWN));
	const hidden = items.slice(NEAREST_SHOWN);
	const more =
		hidden.length > 0 &&
		button(t("nearestMore", hidden.length), () => {
			list.append(...hidden);
			more.remove();
			hidden[0].querySelector("a").focus();
		});
	return h("section", { class: "sources" }, h("h3", {}, t("nearestTitle")), list, more);
}

function passageItem(passage, open) {
	const link = insideLink(addressIn(passage), {}, (used) => open(passage, null, used), passage.document_id);
	aboutDocument(passage.document_id).then((known) => {
		if (known) link.replaceChildren(...inOrder(known.title));
	});
	const quote = h("p", { class: "quote clamp" }, passage.text.trim());
	const facts = h("p", { class: "facts" }, link, inItsLanguage(quote, passage.document_id));
	return h("li", {}, quote, facts);
}
