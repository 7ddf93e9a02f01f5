// Questions that the documents answer: on the empty page, and wherever an answer was not found.

import { getSuggestions } from "./api.js";
import { h } from "./dom.js";
import { t } from "./strings.js";

// Empty and unseen until there are some; ask(question).
export function suggestions(ask) {
	const node = h("section", { class: "suggestions", hidden: true });
	getSuggestions()
		.then((questions) => {
			const buttons = questions.map((question) =>
				h("li", {}, h("button", { type: "button", class: "suggestion", onclick: () => ask(question) }, question)),
			);
			node.replaceChildren(h("h3", {}, t("suggestionsTitle")), h("ul", {}, buttons));
			node.hidden = !questions.length;
		})
		.catch(() => {}); // nothing to offer
	return node;
}
