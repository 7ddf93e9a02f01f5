// The loaded documents as a list: short on the empty page, whole in the pane.

import { listDocuments } from "./api.js";
import { button, byId, h, insideLink, message } from "./dom.js";
import { dateWords, joined } from "./format.js";
import { documentAddress } from "./route.js";
import { t } from "./strings.js";
import { warned } from "./words.js";

const SHOWN_AT_FIRST = 4;

export const facts = (document) => joined(document.publisher, dateWords(document.published));

export function documentItems(documents, open) {
	return documents.map((document) =>
		h(
			"li",
			{},
			insideLink(
				documentAddress(document.id),
				{ class: "shelf-item" },
				(link) => open(document, link),
				h("span", { class: "shelf-title" }, document.title),
				h("span", { class: "facts" }, facts(document) || t("characters", document.characters)),
			),
		),
	);
}

// Below the question box of the empty page: what can be asked about.
export async function fillShelf({ warnings, open, openAll }) {
	const documents = await listDocuments({ again: true });
	const more = documents.length > SHOWN_AT_FIRST && h("li", {}, button(t("loadedMore", documents.length), openAll));
	byId("loaded-title").textContent = documents.length ? t("loadedTitle", documents.length) : t("loadedNone");
	byId("loaded-list").replaceChildren(...documentItems(documents.slice(0, SHOWN_AT_FIRST), open));
	if (more) byId("loaded-list").append(more);
	byId("loaded-warnings").replaceChildren(...warnings.map((text) => h("p", { class: "warning" }, message(warned(text)))));
	byId("loaded").hidden = false;
}
