// A document as text, with the quotes of one answer marked: what the pane shows.

import { ApiError, aboutDocument, getDocument, getPassage } from "./api.js";
import { h, icon } from "./dom.js";
import { facts } from "./documents.js";
import { clock, foreignName, joined, sectionWords, webAddress } from "./format.js";
import { markedText, onlyPlace, placeOf } from "./marked.js";
import { sheet } from "./sheet.js";
import { t } from "./strings.js";
import { mark } from "./ticks.js";

await sheet("reading.css"); // nothing is shown without

// target = {id, start, end, citation, answer}: the last two only when an answer's source is opened.
// Returns {title, head, body, reading, quote, mark}: two lists of nodes, the text, its first current mark or null, and
// what to do with the box they are shown in.
export async function documentView(target) {
	const known = await aboutDocument(target.id);
	const text = target.start === null ? await wholeDocument(target.id) : await quoted(target);
	const ranges = text.quote ? [{ ...text.quote, kind: "current" }, ...(await otherQuotes(target, text))] : [];
	if (text.words) ranges.push({ ...text.words, kind: "words" });
	const reading = h("div", { class: "document", lang: known?.language ?? null }, markedText(text.whole, ranges));
	const title = known?.title ?? text.title;
	const quote = reading.querySelector("mark.current");
	quote?.setAttribute("tabindex", "-1");
	const notice = text.notice && h("p", { class: "warning" }, text.notice);
	const head = heading(title, known, target, text.section);
	const body = [notice, reading].filter(Boolean);
	return { title, quote, reading, head, body, mark: (box) => mark(box, reading) };
}

async function wholeDocument(id, notice = null) {
	const { text, title } = await getDocument(id);
	return { whole: text, title, section: null, quote: null, notice };
}

async function quoted({ id, start, end, citation }) {
	let passage;
	try {
		passage = await getPassage(id, start, end, { highlight: citation?.highlight });
	} catch (error) {
		const wrongPlace = error instanceof ApiError && [400, 404, 416, 422].includes(error.status);
		if (!wrongPlace) throw error;
		return wholeDocument(id, t("passageUnknown")); // fails in turn when the document itself is unknown
	}
	const { before, quote, after, title, section } = passage;
	const whole = before + quote + after;
	if (citation && citation.quote !== quote) {
		const found = onlyPlace(whole, citation.quote);
		return { whole, title, section: null, quote: found, notice: found ? null : t("passageMoved") };
	}
	return { whole, title, section, quote: placeAfter(before, quote), words: wordsIn(passage), notice: null };
}

// Lengths of strings that the server cut: no offset of the server's is counted with here.
const placeAfter = (before, text) => ({ from: before.length, to: before.length + text.length });

function wordsIn({ before, quote_before: quoteBefore, highlight }) {
	return highlight === null ? null : placeAfter(before + quoteBefore, highlight);
}

// The other quotes of the same answer in this document.
async function otherQuotes({ id, citation, answer }, { whole }) {
	if (!citation) return [];
	const others = answer.citations.filter((other) => other.document_id === id && other.number !== citation.number);
	const places = await Promise.all(others.map((other) => placeOf(other, whole).catch(() => null)));
	return places.filter(Boolean).map((found) => ({ ...found, kind: "other" }));
}

const PLAYS = /[?&#]t=\d+s?$/; // how the server ends a link to a second of a recording

function heading(title, known, { citation }, section) {
	const place = citation?.section ?? section;
	const deep = webAddress(citation?.source_url);
	const plays = deep && place && place.time_s !== null && PLAYS.test(deep);
	const page = plays ? webAddress(known?.source) : (deep ?? webAddress(known?.source));
	const language = foreignName(known?.language);
	const words = joined(known && facts(known), known?.speaker ?? known?.author, sectionWords(section));
	return [
		h("h2", { id: "pane-title", lang: known?.language ?? null }, title),
		h(
			"p",
			{ class: "facts" },
			words && h("span", {}, words),
			language && h("span", { class: "badge" }, t("original", language)),
			plays && outside(deep, t("playFrom", clock(place.time_s)), "play"),
			page && outside(page, t("publicPage"), "outside"),
		),
	];
}

function outside(href, label, sign) {
	const attributes = { href, target: "_blank", rel: "noopener noreferrer nofollow", class: "public" };
	return h("a", attributes, label, icon(sign), h("span", { class: "visually-hidden" }, ` (${t("newTab")})`));
}
