// The thread: questions and their answers in order, and what of them goes along with the next question.

import { AnswerView } from "./answer.js";
import { announce, h } from "./dom.js";
import { ApiError, ask, createConversation, getConversation } from "./api.js";
import { locale } from "./locale.js";

const HISTORY_ANSWERS = 10; // what a follow-up can sensibly refer to
const HISTORY_CHARS = 30_000; // the server takes 40,000
const KEY = "conversation"; // of this tab

export class Thread {
	#place;
	#page;
	#onChange;
	#turns = []; // {question, view, node}
	#running = null; // the AbortController of the question being answered
	#conversation = null; // its id, where the server keeps this thread

	// page = what an answer can have done, see AnswerView; onChange() after every change of state
	constructor(place, page, onChange) {
		[this.#place, this.#page, this.#onChange] = [place, page, onChange];
	}

	get isEmpty() {
		return this.#turns.length === 0;
	}

	get isBusy() {
		return this.#running !== null;
	}

	get conversation() {
		return this.#conversation;
	}

	get answers() {
		return this.#turns.map(({ view }) => view.answer).filter(({ id }) => id);
	}

	get questions() {
		return this.#turns.map(({ question }) => question);
	}

	ask(question) {
		return this.#run(this.#add(question));
	}

	// A finished answer that came by its address or with its conversation.
	show(answer, { quiet = false } = {}) {
		this.#add(answer.question).view.final(answer, { quiet });
	}

	redraw() {
		for (const { view } of this.#turns) view.redraw();
	}

	stop() {
		this.#running?.abort();
	}

	clear() {
		this.stop();
		this.#turns = [];
		this.#keep(null);
		this.#place.replaceChildren();
		this.#onChange();
	}

	find(answerId) {
		return this.#turns.find((turn) => answerId && turn.view.answer.id === answerId) ?? null;
	}

	turnOf(node) {
		return this.#turns.find((turn) => turn.node === node) ?? null;
	}

	// The id of the conversation that this tab was in before a reload.
	static get left() {
		return sessionStorage.getItem(KEY);
	}

	#keep(id) {
		this.#conversation = id;
		if (id) sessionStorage.setItem(KEY, id);
		else sessionStorage.removeItem(KEY);
	}

	// Shows a kept conversation, or what another tab has added to it; false when it is gone.
	async resume(id) {
		let kept;
		try {
			kept = await getConversation(id);
		} catch (error) {
			if (!(error instanceof ApiError) || error.status !== 404) throw error;
			if (id === this.#conversation || id === Thread.left) this.#keep(null);
			return false;
		}
		if (id !== this.#conversation) this.clear();
		this.#keep(id);
		const shown = this.answers.map(({ id }) => id);
		for (const { answer } of kept.turns) {
			if (shown.includes(answer.id)) shown.splice(shown.indexOf(answer.id), 1); // the same may stand there twice
			else if (!this.isBusy) this.show(answer, { quiet: true });
		}
		this.#onChange();
		return true;
	}

	// What goes along with a question: the conversation where the server keeps it, else the earlier turns.
	async #context(turn) {
		const language = locale === "en" ? "auto" : locale; // of the words around the quotes
		if (!this.#conversation) {
			const before = this.answers.map(({ id }) => id).slice(-HISTORY_ANSWERS);
			const made = await createConversation(before).catch(() => null); // without one the history will do
			if (made?.turns === before.length && this.#turns.includes(turn)) this.#keep(made.id);
		}
		if (this.#conversation) return { conversation_id: this.#conversation, language };
		return { history: this.#historyBefore(turn), language };
	}

	// Finished turns only, the newest that fit.
	#historyBefore(turn) {
		const earlier = this.#turns.slice(0, this.#turns.indexOf(turn)).filter(({ view }) => view.answer.id);
		const kept = [];
		let room = HISTORY_CHARS;
		for (const { question, view } of earlier.slice(-HISTORY_ANSWERS).reverse()) {
			room -= question.length + view.answer.answer_plain.length;
			if (room < 0) break;
			kept.unshift({ role: "user", content: question }, { role: "assistant", content: view.answer.answer_plain });
		}
		return kept;
	}

	#add(question) {
		const id = `question-${this.#turns.length + 1}`;
		const heading = h("h2", { class: question.length > 160 ? "asked asked-long" : "asked", id }, question);
		const view = this.#view(question);
		const node = h("article", { class: "turn", "aria-labelledby": id, tabindex: "-1" }, heading, view.node);
		const turn = { question, view, node, heading };
		this.#turns.push(turn);
		this.#place.append(node);
		this.#onChange();
		return turn;
	}

	#view(question) {
		const view = new AnswerView(this.#page);
		view.question = question;
		return view;
	}

	#again(turn) {
		if (this.isBusy) return;
		turn.view = this.#view(turn.question);
		turn.node.replaceChildren(turn.heading, turn.view.node);
		turn.node.focus({ preventScroll: true });
		this.#run(turn);
	}

	async #run(turn) {
		const control = new AbortController();
		const { view, question } = turn;
		this.#running = control;
		this.#onChange();
		announce("");
		view.begin();
		turn.node.scrollIntoView({ block: "start" });
		try {
			await this.#answer(turn, control.signal);
		} catch (error) {
			const again = () => this.#again(turn);
			if (control.signal.aborted) view.stopped(again);
			else if (error instanceof ApiError) view.failed(error, again);
			else throw error;
		} finally {
			this.#running = this.#running === control ? null : this.#running;
			this.#onChange();
		}
	}

	async #answer(turn, signal) {
		const { view, question } = turn;
		const context = await this.#context(turn);
		try {
			for await (const { event, data } of ask(question, context, signal)) {
				if (event === "sources") view.sources(data.consulted);
				else if (event === "citation") view.citation(data);
				else if (event === "sentence") view.sentence(data);
				else if (event === "final") view.final(data);
			}
		} catch (error) {
			const gone = context.conversation_id && error.status === 404; // deleted, perhaps in another tab
			if (!gone) throw error;
			this.#keep(null);
			await this.#answer(turn, signal);
		}
	}
}
