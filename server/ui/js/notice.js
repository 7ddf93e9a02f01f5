// On the empty page: why nothing can be asked, or what can.

import { readiness } from "./api.js";
import { fillShelf } from "./documents.js";
import { button, byId, h, message } from "./dom.js";
import { t } from "./strings.js";
import { suggestions } from "./suggest.js";
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
	const { error, warnings } = await readiness();
	if (error) {
		notice(error, () => welcomeWith(page));
		return;
	}
	byId("offers").replaceChildren(suggestions(page.ask));
	const shelf = fillShelf({ warnings, ...page });
	await shelf.catch(() => (byId("loaded").hidden = true)); // asking says what is wrong
}
