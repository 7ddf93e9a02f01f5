// One answer on the page, from the first event to the last: waiting, arriving, finished, not found,
// stopped, failed. It shows; asking is thread.js.

import { actionsOf } from "./actions.js";
import { announce, button, h, message } from "./dom.js";
import { gapButtons } from "./feedback.js";
import { cited } from "./markers.js";
import { alsoList, citedList, nearestList } from "./sources.js";
import { endInSight } from "./sight.js";
import { t } from "./strings.js";
import { suggestions } from "./welcome.js";
import { announced, languageOf, partialNote, problem, warned, wording } from "./words.js";

const SLOW_MS = 4000;
const VERY_SLOW_MS = 15000;
const LONG_SHORT_CHARS = 60; // beyond it a short answer is no headline any more

export class AnswerView {
	#page; // open(citation or passage, answer or null, element that was used), edit(question), ask(question), pick(…)
	#status = h("p", { class: "status" });
	#prose = h("p", { class: "prose" });
	#timers = [];
	#citations = new Map();
	#marked = {
		citation: (number) => this.#citations.get(number),
		answer: () => this.answer,
		open: (...source) => this.#page.open(...source),
	};
	#draw = () => {}; // what is shown, again: in another language

	constructor(page) {
		this.#page = page;
		this.answer = { id: null, citations: [], sentences: [] }; // what has come so far
		this.node = h("div", { class: "answer" });
	}

	begin() {
		this.#say(t("searching"));
		const later = (key, delay) => setTimeout(() => this.#say(t(key)), delay);
		this.#timers = [later("slow", SLOW_MS), later("verySlow", VERY_SLOW_MS)];
		this.node.setAttribute("aria-busy", "true");
		this.node.replaceChildren(this.#prose, this.#status);
	}

	redraw() {
		this.#draw();
	}

	sources(passages) {
		this.#say(t("reading", passages.length));
	}

	citation(citation) {
		this.#citations.set(citation.number, citation);
		this.answer.citations.push(citation);
	}

	sentence(sentence) {
		this.answer.sentences.push(sentence);
		this.#prose.append(h("span", { class: "sentence" }, cited(sentence.text.trim(), sentence.citations, this.#marked)), " ");
	}

	final(answer, { quiet = false } = {}) {
		const shown = this.answer.sentences;
		this.#end();
		this.answer = answer;
		this.node.dataset.status = answer.status;
		this.#citations = new Map(answer.citations.map((citation) => [citation.number, citation]));
		if (JSON.stringify(shown) !== JSON.stringify(answer.sentences)) this.#retell(answer);
		this.#draw = () => {
			this.#retell(answer);
			this.#finished();
		};
		this.#finished();
		if (quiet) return;
		announce(announced(answer));
		endInSight(this.node, this.node.querySelector(".not-found > .actions"));
	}

	// What arrived sentence by sentence is not what the whole answer says: the whole answer counts.
	#retell(answer) {
		this.#prose.replaceChildren();
		this.answer = { ...answer, sentences: [] };
		for (const sentence of answer.sentences) this.sentence(sentence);
		this.answer = answer;
	}

	#finished() {
		const { status, warnings, stored, source_changed: changed } = this.answer;
		const found = status !== "not_found";
		const notes = [...warnings.map(warned), changed?.length && t("sourceChanged"), stored === false && t("notStored")];
		this.node.replaceChildren(
			...[
				this.#understood(),
				...(found ? this.#found() : this.#notFound()),
				...notes.filter(Boolean).map((note) => h("p", { class: "warning" }, message(note))),
				found && alsoList(this.answer, this.#page.open),
				actionsOf(this.answer, this.#page.pick),
			].filter(Boolean),
		);
	}

	#understood() {
		const { question, standalone_question: asked } = this.answer;
		if (asked.trim().toLowerCase() === question.trim().toLowerCase()) return null;
		const change = button(t("changeIt"), () => this.#page.edit(asked), { kind: "action", sign: "edit" });
		return h("p", { class: "understood" }, t("understoodAs"), " ", h("q", {}, asked), change);
	}

	#found() {
		const { status, citations, confidence } = this.answer;
		return [
			this.#short(),
			this.#prose,
			status === "partial" && h("p", { class: "warning calm" }, partialNote(this.answer)),
			h("p", { class: `assurance assurance-${confidence.label}` }, wording(this.answer)),
			citations.length > 0 && citedList(this.answer, this.#page.open),
		];
	}

	// The words that answer, before the sentences they stand in; null when there are none.
	#short() {
		const shown = this.answer.short_answers.map(({ text, citation }) => cited(text, [citation], this.#marked));
		if (!shown.length) return null;
		if (shown.length > 1) return h("ul", { class: "short short-list" }, shown.map((item) => h("li", {}, item)));
		const long = this.answer.short_answer.text.length > LONG_SHORT_CHARS;
		return h("p", { class: long ? "short short-long" : "short" }, shown[0]);
	}

	#notFound() {
		const { answer, standalone_question: asked } = this.answer; // answer: in the language of the question
		const says = h("p", { class: "answer-no", lang: languageOf(answer) }, answer);
		const looked = h("p", { class: "why" }, t("lookedFor"), " ", h("q", { lang: languageOf(asked) }, asked));
		const nearest = nearestList(this.answer, this.#page.open);
		const help = [nearest && h("p", { class: "why" }, t("notFoundHelp")), gapButtons(this.answer, this.#page.pick)];
		return [h("section", { class: "not-found" }, says, looked, nearest, help, suggestions(this.#page.ask))];
	}

	stopped(again) {
		this.#end();
		this.node.dataset.status = "stopped";
		this.#report(() => ({ title: t("stoppedTitle"), text: t("stoppedText"), ways: [button(t("tryAgain"), again)] }));
	}

	failed(error, again) {
		this.#end();
		this.node.dataset.status = "error";
		this.#report((question) => {
			const { title, text, retriable } = problem(error);
			const way = retriable ? button(t("tryAgain"), again) : button(t("editQuestion"), () => this.#page.edit(question));
			return { title, text, ways: [way, error.requestId && h("span", { class: "why" }, t("reference", error.requestId))] };
		});
	}

	#report(tell) {
		this.#draw = () => {
			const { title, text, ways } = tell(this.question);
			this.node.querySelector(".trouble")?.remove();
			const ends = h("p", { class: "actions" }, ways);
			this.node.append(h("section", { class: "trouble" }, h("h3", {}, title), h("p", {}, message(text)), ends));
			return `${title}. ${text}`;
		};
		announce(this.#draw());
	}

	#say(text) {
		this.#status.replaceChildren(h("span", { class: "working", "aria-hidden": "true" }), text);
	}

	#end() {
		this.#timers.forEach(clearTimeout);
		this.#status.remove();
		this.node.removeAttribute("aria-busy");
	}
}
