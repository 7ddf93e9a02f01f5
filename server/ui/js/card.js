// The card beside a citation: its quote where it stands, on hover and on keyboard focus.

import { aboutDocument } from "./api.js";
import { copy } from "./clipboard.js";
import { button, byId, h } from "./dom.js";
import { dateWords, foreignName, joined, sectionWords } from "./format.js";
import { cutOf, quoteNodes, surroundings } from "./marks.js";
import { t } from "./strings.js";
import { quoteText, supportWords } from "./words.js";

const OPEN_AFTER_MS = 150; // a pointer that only passes by opens nothing
const CLOSE_AFTER_MS = 200; // long enough to move the pointer onto the card
const GAP_PX = 8;
const EDGE_PX = 12;

let shownFor = null;
let timer = 0;
let quiet = null; // the button that focus was returned to: it shows its card again on the next visit

// known() = [citation, answer] as far as they are known when the card opens.
export function describe(marker, known) {
	const show = () => open(marker, ...known());
	marker.addEventListener("pointerenter", (event) => {
		if (event.pointerType === "mouse" && quiet !== marker) later(show, OPEN_AFTER_MS);
	});
	marker.addEventListener("pointerleave", () => {
		quiet = null;
		later(hideCard, CLOSE_AFTER_MS);
	});
	marker.addEventListener("focus", () => {
		if (quiet !== marker && marker.matches(":focus-visible")) show();
	});
	marker.addEventListener("blur", () => {
		quiet = null;
		hideCard();
	});
}

export function returnFocusTo(marker) {
	quiet = marker;
	marker.focus({ preventScroll: true });
}

function later(action, delay) {
	clearTimeout(timer);
	timer = setTimeout(action, delay);
}

async function open(marker, citation, answer) {
	const card = byId("card");
	const fill = (...known) => {
		card.replaceChildren(...contents(citation, answer, ...known), ways(marker, citation));
		card.hidden = false;
		beside(card, marker);
	};
	clearTimeout(timer);
	if (shownFor !== marker) {
		shownFor?.removeAttribute("aria-describedby");
		shownFor = marker;
		fill();
		marker.setAttribute("aria-describedby", "card-quote");
	}
	const known = await Promise.all([cutOf(citation), aboutDocument(citation.document_id)]);
	if (shownFor === marker) fill(...known); // there is more in it now
}

function contents(citation, answer, passage = null, known = null) {
	const [before, after] = passage ? surroundings(passage) : ["", ""];
	const around = (text) => text && h("span", { class: "around" }, text);
	const quote = h("span", { class: "quoted" }, quoteNodes(citation.quote, passage));
	const language = foreignName(known?.language);
	const where = joined(citation.title, sectionWords(citation.section), dateWords(known?.published), known?.speaker);
	return [
		h("p", { class: "quote", id: "card-quote", lang: known?.language ?? null }, around(before), quote, around(after)),
		h("p", { class: "facts" }, h("strong", {}, supportWords(citation, answer)), where && h("span", {}, where), language && h("span", { class: "badge" }, t("original", language))),
	];
}

// By mouse; Enter, C and the form under the answer do the same.
function ways(marker, citation) {
	const doubt = marker.closest(".turn")?.querySelector(".rates");
	const way = (label, sign, act) => button(label, act, { kind: "action", sign, tabindex: "-1", onmousedown: (event) => event.preventDefault() });
	return h(
		"p",
		{ class: "card-ways" },
		way(t("openHere"), "documents", () => marker.click()),
		way(t("copyQuote"), "copy", async ({ currentTarget: { lastChild: words } }) => {
			if (await copy(quoteText(citation))) words.textContent = t("copied");
		}),
		doubt && way(t("rate_wrong_evidence"), "edit", () => {
			hideCard();
			doubt.dispatchEvent(new CustomEvent("doubt", { detail: `[${citation.number}] ` }));
		}),
	);
}

function beside(card, marker) {
	const at = marker.getBoundingClientRect();
	const { offsetWidth: width, offsetHeight: height } = card;
	const left = Math.min(Math.max(EDGE_PX, at.left + at.width / 2 - width / 2), innerWidth - width - EDGE_PX);
	const above = at.top - height - GAP_PX;
	card.style.left = `${left}px`;
	const top = above >= EDGE_PX ? above : at.bottom + GAP_PX;
	card.style.top = `${Math.max(EDGE_PX, Math.min(top, innerHeight - height - EDGE_PX))}px`;
}

export const cardFor = () => shownFor;

// True when a card was there to hide. One that is about to open does so: the pointer is still there.
export function hideCard() {
	if (!shownFor) return false;
	clearTimeout(timer);
	shownFor.removeAttribute("aria-describedby");
	shownFor = null;
	byId("card").hidden = true;
	return true;
}

export function setUpCard() {
	const card = byId("card");
	card.addEventListener("pointerenter", () => clearTimeout(timer));
	card.addEventListener("pointerleave", () => later(hideCard, CLOSE_AFTER_MS));
	addEventListener("scroll", ({ target }) => card.contains(target) || hideCard(), { passive: true, capture: true });
	addEventListener("resize", hideCard);
}
