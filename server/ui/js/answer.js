// One answer on the page, from the first event to the last: waiting, arriving, finished, not found,
// stopped, failed. It shows; asking is thread.js.

import { describe } from "./card.js";
import { announce, button, h, message } from "./dom.js";
import { answerAddress } from "./route.js";
import { alsoList, citedList, nearestList } from "./sources.js";
import { t } from "./strings.js";
import { announced, copyText, partialNote, problem, wording } from "./words.js";

const SLOW_MS = 4000;
const VERY_SLOW_MS = 15000;
const LONG_SHORT_CHARS = 60; // beyond it a short answer is no headline any more
const LONG_WORD_CHARS = 18; // longer "words" (addresses, Chinese) may break before their markers
const COPIED_MS = 2000;

export class AnswerView {
  #open; // (citation or passage, answer or null, element that was used)
  #status = h("p", { class: "status" });
  #prose = h("p", { class: "prose" });
  #timers = [];
  #citations = new Map();

  constructor(open) {
    this.#open = open;
    this.answer = { id: null, citations: [], sentences: [] }; // what has come so far
    this.node = h("div", { class: "answer" });
  }

  begin() {
    this.#say(t("searching"));
    this.#timers = [
      setTimeout(() => this.#say(t("slow")), SLOW_MS),
      setTimeout(() => this.#say(t("verySlow")), VERY_SLOW_MS),
    ];
    this.node.setAttribute("aria-busy", "true");
    this.node.replaceChildren(this.#prose, this.#status);
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
    this.#prose.append(h("span", { class: "sentence" }, this.#cited(sentence.text.trim(), sentence.citations)), " ");
  }

  // The text and its markers, the first of them never alone on a line.
  #cited(text, numbers) {
    const markers = numbers.map((number) => this.#marker(this.#citations.get(number))).filter(Boolean);
    const cut = text.lastIndexOf(" ") + 1;
    const [head, tail] = text.length - cut > LONG_WORD_CHARS ? [text, ""] : [text.slice(0, cut), text.slice(cut)];
    return [head, h("span", { class: "keep" }, tail, markers.slice(0, 1)), ...markers.slice(1)];
  }

  #marker(citation) {
    if (!citation) return null;
    const bracket = (sign) => h("span", { class: "bracket" }, sign); // unseen, but copied with the text
    const node = h(
      "button",
      {
        type: "button",
        class: "cite",
        "aria-label": t("sourceLabel", citation.number, citation.title),
        onclick: () => this.#open(this.#citations.get(citation.number), this.answer, node),
      },
      bracket("["),
      citation.number,
      bracket("]"),
    );
    describe(node, () => this.#citations.get(citation.number));
    return node;
  }

  final(answer) {
    const shown = this.answer.sentences;
    this.#end();
    this.answer = answer;
    this.node.dataset.status = answer.status;
    this.#citations = new Map(answer.citations.map((citation) => [citation.number, citation]));
    if (JSON.stringify(shown) !== JSON.stringify(answer.sentences)) this.#retell(answer);
    const asked = answer.standalone_question;
    const other = asked.trim().toLowerCase() !== answer.question.trim().toLowerCase();
    this.node.replaceChildren(
      ...[
        other && h("p", { class: "understood" }, t("understoodAs", asked)),
        ...(answer.status === "not_found" ? this.#notFound() : this.#found()),
        ...answer.warnings.map((warning) => h("p", { class: "warning" }, message(warning))),
        answer.status !== "not_found" && alsoList(answer, this.#open),
        this.#actions(),
      ].filter(Boolean),
    );
    announce(announced(answer));
  }

  // What arrived sentence by sentence is not what the whole answer says: the whole answer counts.
  #retell(answer) {
    this.#prose.replaceChildren();
    this.answer = { ...answer, sentences: [] };
    for (const sentence of answer.sentences) this.sentence(sentence);
    this.answer = answer;
  }

  #found() {
    const { status, citations } = this.answer;
    return [
      this.#short(),
      this.#prose,
      status === "partial" && h("p", { class: "warning calm" }, partialNote(this.answer)),
      h("p", { class: `assurance assurance-${this.answer.confidence.label}` }, wording(this.answer)),
      citations.length > 0 && citedList(this.answer, this.#open),
    ];
  }

  // The words that answer, before the sentences they stand in; null when there are none.
  #short() {
    const shown = this.answer.short_answers.map(({ text, citation }) => this.#cited(text, [citation]));
    if (!shown.length) return null;
    if (shown.length > 1) return h("ul", { class: "short short-list" }, shown.map((item) => h("li", {}, item)));
    const long = this.answer.short_answer.text.length > LONG_SHORT_CHARS;
    return h("p", { class: long ? "short short-long" : "short" }, shown[0]);
  }

  #notFound() {
    const says = h("p", { class: "answer-no" }, this.answer.answer); // in the language of the question
    const nearest = nearestList(this.answer, this.#open);
    const help = nearest && h("p", { class: "why" }, t("notFoundHelp"));
    return [h("section", { class: "not-found" }, says, nearest, help)];
  }

  #actions() {
    const { clipboard } = navigator; // there only on this machine and under https
    const link = new URL(answerAddress(this.answer.id), location.origin).href;
    if (!clipboard) return h("p", { class: "actions" }, h("a", { href: link, class: "action" }, t("link")));
    const copier = (label, text, sign) => {
      const node = button(label, () => clipboard.writeText(text()).then(done), { sign, kind: "action" });
      const done = () => {
        node.lastChild.textContent = t("copied");
        setTimeout(() => (node.lastChild.textContent = label), COPIED_MS);
        announce(t("copied"));
      };
      return node;
    };
    const copies = [copier(t("copy"), () => copyText(this.answer), "copy"), copier(t("copyLink"), () => link, "link")];
    return h("p", { class: "actions" }, copies);
  }

  stopped(again) {
    this.#end();
    this.node.dataset.status = "stopped";
    this.#report(t("stoppedTitle"), t("stoppedText"), [button(t("tryAgain"), again)]);
  }

  failed(error, again, edit) {
    this.#end();
    this.node.dataset.status = "error";
    const { title, text, retriable } = problem(error);
    const way = retriable ? button(t("tryAgain"), again) : button(t("editQuestion"), edit);
    this.#report(title, text, [way, error.requestId && h("span", { class: "why" }, t("reference", error.requestId))]);
  }

  #report(title, text, ways) {
    const ends = h("p", { class: "actions" }, ways);
    this.node.append(h("section", { class: "trouble" }, h("h3", {}, title), h("p", {}, message(text)), ends));
    announce(`${title}. ${text}`);
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
