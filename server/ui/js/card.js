// The card beside a citation: its quote where it stands, on hover and on keyboard focus.

import { aboutDocument } from "./api.js";
import { byId, h } from "./dom.js";
import { dateWords, foreignName, joined, sectionWords } from "./format.js";
import { cutOf, quoteNodes, surroundings } from "./marks.js";
import { t } from "./strings.js";

const OPEN_AFTER_MS = 150; // a pointer that only passes by opens nothing
const CLOSE_AFTER_MS = 200; // long enough to move the pointer onto the card
const GAP_PX = 8;
const EDGE_PX = 12;

let shownFor = null;
let timer = 0;
let quiet = null; // the button that focus was returned to: it shows its card again on the next visit

// citation() = the citation as it is known when the card opens.
export function describe(button, citation) {
	const show = () => open(button, citation());
	button.addEventListener("pointerenter", (event) => {
		if (event.pointerType === "mouse" && quiet !== button) later(show, OPEN_AFTER_MS);
	});
	button.addEventListener("pointerleave", () => {
		quiet = null;
		later(hideCard, CLOSE_AFTER_MS);
	});
	button.addEventListener("focus", () => {
		if (quiet !== button && button.matches(":focus-visible")) show();
	});
	button.addEventListener("blur", () => {
		quiet = null;
		hideCard();
	});
}

export function returnFocusTo(button) {
	quiet = button;
	button.focus({ preventScroll: true });
}

function later(action, delay) {
	clearTimeout(timer);
	timer = setTimeout(action, delay);
}

async function open(button, citation) {
	const card = byId("card");
	clearTimeout(timer);
	if (shownFor !== button) {
		shownFor?.removeAttribute("aria-describedby");
		shownFor = button;
		card.replaceChildren(...contents(citation));
		card.hidden = false;
		button.setAttribute("aria-describedby", "card");
		beside(card, button);
	}
	const [passage, known] = await Promise.all([cutOf(citation), aboutDocument(citation.document_id)]);
	if (shownFor !== button) return;
	card.replaceChildren(...contents(citation, passage, known));
	beside(card, button); // there is more in it now
}

function contents(citation, passage = null, known = null) {
	const [before, after] = passage ? surroundings(passage) : ["", ""];
	const around = (text) => text && h("span", { class: "around" }, text);
	const quote = h("span", { class: "quoted" }, quoteNodes(citation.quote, passage));
	const language = foreignName(known?.language);
	const where = joined(citation.title, sectionWords(citation.section), dateWords(known?.published));
	return [
		h("p", { class: "quote", lang: known?.language ?? null }, around(before), quote, around(after)),
		h("p", { class: "facts" }, where, language && h("span", { class: "badge" }, t("original", language))),
		h("p", { class: "card-hint" }, t("openHint")),
	];
}

function beside(card, button) {
	const at = button.getBoundingClientRect();
	const { offsetWidth: width, offsetHeight: height } = card;
	const left = Math.min(Math.max(EDGE_PX, at.left + at.width / 2 - width / 2), innerWidth - width - EDGE_PX);
	const above = at.top - height - GAP_PX;
	card.style.left = `${left}px`;
	card.style.top = `${above >= EDGE_PX ? above : at.bottom + GAP_PX}px`;
}

export const cardFor = () => shownFor;

// True when a card was there to hide.
export function hideCard() {
	clearTimeout(timer);
	if (!shownFor) return false;
	shownFor.removeAttribute("aria-describedby");
	shownFor = null;
	byId("card").hidden = true;
	return true;
}

export function setUpCard() {
	const card = byId("card");
	card.addEventListener("pointerenter", () => clearTimeout(timer));
	card.addEventListener("pointerleave", () => later(hideCard, CLOSE_AFTER_MS));
	addEventListener("scroll", hideCard, { passive: true, capture: true });
	addEventListener("resize", hideCard);
}
