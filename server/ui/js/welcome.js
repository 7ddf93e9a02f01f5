// What the page says before there is an answer: why nothing can be asked, or what can.

import { getSuggestions, readiness } from "./api.js";
import { fillShelf } from "./documents.js";
import { button, byId, h, message } from "./dom.js";
import { t } from "./strings.js";
import { problem } from "./words.js";

export function hideNotice() {
	byId("not-ready").hidden = true;
}

// Why the page cannot do what it is for; missing = what a 404 means here.
export function notice(error, again, missing = null) {
	const { title, text } = problem(error, missing);
	const check = button(t("checkAgain"), () => {
		hideNotice();
		again();
	});
	byId("not-ready").replaceChildren(h("h2", {}, title), h("p", {}, message(text)), check);
	byId("not-ready").hidden = false;
}

// page = {ask, open, openAll}
export async function welcomeWith(page) {
	const { error, warnings, llm } = await readiness();
	if (error) {
		notice(error, () => welcomeWith(page));
		return;
	}
	showModel(llm);
	byId("offers").replaceChildren(suggestions(page.ask));
	const shelf = fillShelf({ warnings, ...page });
	await shelf.catch(() => (byId("loaded").hidden = true)); // asking says what is wrong
}

// For a page that begins with answers.
export async function nameModel() {
	showModel((await readiness()).llm);
}

function showModel(llm) {
	byId("sent-to").hidden = !llm;
	byId("sent-to").textContent = llm ? t("sentTo", llm.model, llm.host) : "";
}

// Questions that the documents answer: on the empty page, and wherever an answer was not found.
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
