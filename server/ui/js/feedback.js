// Feedback under an answer: one click where it is right, a short form where it is not.

import { ApiError, features, giveFeedback } from "./api.js";
import { announce, button, h } from "./dom.js";
import { t } from "./strings.js";
import { problem } from "./words.js";

const VERDICTS = ["right", "wrong_answer", "wrong_evidence", "missing"];
let last = 0; // for ids

// show(answer) opens a document for picking and resolves to {document_id, words}, or null.
export function feedback(answer, show) {
  const node = h("div", { class: "feedback" });
  features().then((server) => {
    if (server.feedback && answer.id) node.replaceChildren(...choices(answer, show, node));
  });
  return node;
}

// One click, where nothing was found.
export function gapButtons(answer, show) {
  const node = h("div", { class: "actions" });
  const thanks = h("p", { class: "why" }, t("gapReported"));
  features().then((server) => {
    if (!server.feedback) return;
    const report = button(t("reportGap"), () => send(node, answer, "missing", "", null, thanks));
    const there = button(t("isThere"), () => {
      node.replaceChildren(form(answer, "wrong_answer", show, node));
      node.querySelector("textarea").focus();
    });
    node.replaceChildren(report, there);
  });
  return node;
}

function choices(answer, show, node) {
  const id = `rate-${++last}`;
  const rate = (verdict) => {
    if (verdict === "right") return send(node, answer, verdict);
    const asked = form(answer, verdict, show, node);
    node.querySelector(".feedback-form")?.remove();
    node.append(asked);
    for (const other of group.children) other.setAttribute("aria-pressed", String(other.value === verdict));
    asked.querySelector("textarea").focus();
  };
  const group = h(
    "div",
    { role: "group", class: "rates", "aria-labelledby": id },
    VERDICTS.map((verdict) =>
      button(t(`rate_${verdict}`), () => rate(verdict), { kind: "rate", value: verdict, "aria-pressed": "false" }),
    ),
  );
  return [h("span", { id, class: "why" }, t("rateLabel")), group];
}

function form(answer, verdict, show, node) {
  const id = `comment-${++last}`;
  const comment = h("textarea", { id, rows: "2", maxlength: "1000" });
  const chosen = h("p", { class: "why", hidden: true });
  let expected = null;
  let words = "";
  const picker = button(t("ratePick"), async () => {
    const found = await show(answer, picker);
    if (!found) return;
    words = found.words;
    expected = placeOf(answer, found);
    chosen.replaceChildren(`${t("ratePicked")} `, h("q", {}, words));
    chosen.hidden = false;
  });
  const submit = () => {
    const said = [comment.value.trim(), words && t("quoted", words)].filter(Boolean).join("\n");
    send(node, answer, verdict, said.slice(0, 2000), expected);
  };
  return h(
    "div",
    { class: "feedback-form" },
    h("label", { for: id }, t("rateComment")),
    comment,
    chosen,
    h("div", { class: "actions" }, button(t("rateSend"), submit, { kind: "button" }), picker),
  );
}

// Offsets come from the server alone: those of the passage it cut that holds the words. Otherwise the words must do.
function placeOf(answer, { document_id: id, words }) {
  const pieces = [...answer.citations.map((c) => ({ ...c, text: c.quote })), ...answer.consulted];
  const holds = (piece) => piece.document_id === id && piece.text.replace(/\s+/g, " ").includes(words);
  const piece = pieces.find(holds);
  return piece ? { document_id: id, start: piece.start, end: piece.end } : null;
}

async function send(node, answer, verdict, comment = "", expected = null, thanks = null) {
  const said = thanks ?? h("p", { class: "why" }, t("rated"));
  const inside = node.contains(document.activeElement);
  try {
    await giveFeedback(answer.id, verdict, comment, expected);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 404) return node.replaceChildren();
    const { title, text } = problem(error);
    node.querySelector(".why.trouble")?.remove();
    node.append(h("p", { class: "why trouble", role: "alert" }, `${title}. ${text}`));
    return;
  }
  node.replaceChildren(said);
  said.tabIndex = -1;
  if (inside) said.focus({ preventScroll: true });
  announce(said.textContent);
}
