// The thread: questions and their answers in order, and what of them goes along with the next question.

import { AnswerView } from "./answer.js";
import { announce, h } from "./dom.js";
import { ApiError, ask } from "./api.js";

const HISTORY_ANSWERS = 10; // what a follow-up can sensibly refer to
const HISTORY_CHARS = 30_000; // the server takes 40,000

export class Thread {
  #place;
  #open;
  #onChange;
  #onEdit;
  #turns = []; // {question, view, node}
  #running = null; // the AbortController of the question being answered

  // open(citation, answer, element); onChange() after every change of state; onEdit(question)
  constructor(place, { open, onChange, onEdit }) {
    this.#place = place;
    this.#open = open;
    this.#onChange = onChange;
    this.#onEdit = onEdit;
  }

  get isEmpty() {
    return this.#turns.length === 0;
  }

  get isBusy() {
    return this.#running !== null;
  }

  ask(question) {
    return this.#run(this.#add(question));
  }

  // A finished answer that came by its address.
  show(answer) {
    const turn = this.#add(answer.question);
    turn.view.final(answer);
  }

  stop() {
    this.#running?.abort();
  }

  clear() {
    this.stop();
    this.#turns = [];
    this.#place.replaceChildren();
    this.#onChange();
  }

  find(answerId) {
    return this.#turns.find((turn) => answerId && turn.view.answer.id === answerId) ?? null;
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
    const view = new AnswerView(this.#open);
    const node = h("article", { class: "turn", "aria-labelledby": id, tabindex: "-1" }, heading, view.node);
    const turn = { question, view, node, heading };
    this.#turns.push(turn);
    this.#place.append(node);
    this.#onChange();
    return turn;
  }

  #again(turn) {
    if (this.isBusy) return;
    turn.view = new AnswerView(this.#open);
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
      for await (const { event, data } of ask(question, this.#historyBefore(turn), control.signal)) {
        if (event === "sources") view.sources(data.consulted);
        else if (event === "citation") view.citation(data);
        else if (event === "sentence") view.sentence(data);
        else if (event === "final") view.final(data);
      }
    } catch (error) {
      const again = () => this.#again(turn);
      if (control.signal.aborted) view.stopped(again);
      else if (error instanceof ApiError) view.failed(error, again, () => this.#onEdit(question));
      else throw error;
    } finally {
      this.#running = this.#running === control ? null : this.#running;
      this.#onChange();
    }
  }
}
