// The page put together: which part does what, and what each part tells the others.

import { getAnswer, readiness, useTokenPrompt } from "./api.js";
import { AskBox } from "./ask.js";
import { hideCard, setUpCard } from "./card.js";
import { fillShelf } from "./documents.js";
import { button, byId, fillIcons, h, icon, message } from "./dom.js";
import { Pane } from "./pane.js";
import * as route from "./route.js";
import { t, translate } from "./strings.js";
import { setUpTheme } from "./theme.js";
import { Thread } from "./thread.js";
import { promptForToken, setUpToken } from "./token.js";
import { problem } from "./words.js";

translate(document);
fillIcons(document);
setUpToken();
setUpCard();
useTokenPrompt(promptForToken);
setUpTheme(byId("theme"), (isDark) => {
  byId("theme").setAttribute("aria-label", t(isDark ? "themeToLight" : "themeToDark"));
  byId("theme").replaceChildren(icon(isDark ? "sun" : "moon"));
});

const box = new AskBox({
  onAsk(question) {
    pane.forgetOpener();
    if (!pane.isOpen) route.goHome();
    byId("not-ready").hidden = true; // if it still holds, the answer says so
    thread.ask(question);
  },
  onStop: () => thread.stop(),
});

const thread = new Thread(byId("thread"), {
  open: openSource,
  onEdit: (question) => box.put(question, { focus: true }),
  onChange() {
    box.busy = thread.isBusy;
    document.body.classList.toggle("is-empty", thread.isEmpty);
    byId("new-thread").hidden = thread.isEmpty;
  },
});

const pane = new Pane({
  openDocument: (known) => openDocument(known),
  onStep: (citation, answer) => openSource(citation, answer, null, { stepped: true }),
  onList: () => openList(null),
  onClose: () => route.leaveDocument(),
  fallback: () => box.focus(),
});

// A citation of an answer, or (answer = null) a passage that was looked at.
function openSource(source, answer, opener, { stepped = false } = {}) {
  const { document_id: id, start, end } = source;
  const citation = answer ? source : null;
  const state = { answer: answer?.id ?? null, number: citation?.number ?? null };
  route.enterDocument(route.documentAddress(id, start, end), state);
  return pane.showDocument({ id, start, end, citation, answer }, opener, { stepped });
}

function openDocument({ id }, opener = null) {
  route.enterDocument(route.documentAddress(id), { answer: null, number: null });
  return pane.showDocument({ id, start: null, end: null, citation: null, answer: null }, opener);
}

function openList(opener) {
  return pane.showList(opener);
}

// What the address asks for, on arrival and on Back and Forward.
async function follow(place, state) {
  if (place.kind === "document") {
    const answer = thread.find(state?.answer)?.view.answer ?? null;
    const citation = answer?.citations.find((known) => known.number === state.number) ?? null;
    await pane.showDocument({ ...place, citation, answer: citation && answer }, null);
    return;
  }
  pane.close();
  if (place.kind === "answer") await showAnswer(place.id);
}

async function showAnswer(id) {
  if (thread.find(id)) return;
  try {
    thread.show(await getAnswer(id));
  } catch (error) {
    const { title, text } = problem(error, t("answerMissing"));
    notice(title, text, () => showAnswer(id));
  }
}

// Above the question box: why the page cannot do what it is for.
function notice(title, text, again) {
  const check = button(t("checkAgain"), () => {
    byId("not-ready").hidden = true;
    again();
  });
  byId("not-ready").replaceChildren(h("h2", {}, title), h("p", {}, message(text)), check);
  byId("not-ready").hidden = false;
}

async function checkReady() {
  const { error, warnings } = await readiness();
  if (error) {
    const { title, text } = problem(error);
    notice(title, text, checkReady);
    return;
  }
  const shelf = fillShelf({ warnings, open: openDocument, openAll: () => openList(null) });
  await shelf.catch(() => (byId("loaded").hidden = true)); // asking says what is wrong
}

byId("show-documents").addEventListener("click", (event) => openList(event.currentTarget));
byId("new-thread").addEventListener("click", () => {
  pane.forgetOpener();
  pane.close();
  route.goHome();
  thread.clear();
  byId("not-ready").hidden = true;
  checkReady();
  box.focus();
});
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing || byId("token").open) return;
  if (!hideCard()) pane.close();
});
route.onBackOrForward(follow);

const arrival = route.place();
if (arrival.kind === "document") route.openedAtDocument();
checkReady();
follow(arrival, history.state).then(() => {
  if (arrival.kind === "home") box.focus();
});
