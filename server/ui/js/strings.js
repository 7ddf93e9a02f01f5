// Every visible string of the page. A second language is a second table with the same keys.
// A value is a text, or a function where numbers or names go in.

const plural = (count, one, many) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

const en = {
  appName: "Event answers",
  skip: "Skip to the question box",
  toolsLabel: "Page",
  newThread: "New thread",
  documents: "Documents",
  themeToDark: "Switch to dark colours",
  themeToLight: "Switch to light colours",

  welcomeTitle: "What would you like to know?",
  welcomeText:
    "Ask in your own words. Every sentence of an answer links to the place in the documents it was taken from. " +
    "Check the quote when it matters.",
  loadedTitle: (count) => `Answers come from ${plural(count, "document", "documents")}`,
  loadedNone: "No document is loaded yet.",
  loadedMore: (count) => `Show all ${count.toLocaleString("en")} documents`,

  askLabel: "Your question",
  askPlaceholder: "Ask about the event…",
  askHint: "Enter to send, Shift + Enter for a new line",
  send: "Send the question",
  stop: "Stop",
  countLeft: (count) => `${plural(count, "character", "characters")} left`,
  countOver: (count) => `${plural(count, "character", "characters")} too many`,

  searching: "Searching the documents",
  reading: (count) => `Reading ${plural(count, "passage", "passages")}`,
  slow: "Still working",
  verySlow: "Still working. This takes longer than usual",
  understoodAs: (question) => `Understood as: ${question}`,

  confidence_high: "High confidence",
  confidence_medium: "Medium confidence: check the quote",
  confidence_low: "Low confidence: check the quote",
  wording_extractive: "Taken from the documents word for word",
  wording_llm: "Reworded and checked against the quotes",
  partialTitle: "Only part of this was found in the documents.",
  partialMissing: (parts) => `Not found: ${parts.map((part) => `“${part}”`).join(" ")}`,
  support_verbatim: "Exact quote",
  support_supported: "Reworded from this quote",

  sourceLabel: (number, title) => `Source ${number}: ${title}`,
  citedTitle: (count) => `Cited (${count})`,
  alsoTitle: (count) => `Also looked at (${count})`,
  openHint: "Click to read it in the document",
  copy: "Copy with quotes",
  copied: "Copied",
  copyLink: "Copy link",
  link: "Link to this answer",

  notFoundHelp: "Other words may help, or a look at the documents themselves.",
  nearestTitle: "The nearest passages",
  nearestMore: (count) => `Show ${plural(count, "more passage", "more passages")}`,

  stoppedTitle: "Stopped",
  stoppedText: "You stopped this answer, so it may be incomplete.",
  title_broken: "The answer broke off",
  text_broken: "The connection ended before the answer was complete.",
  title_offline: "No connection",
  text_offline: "This device is offline. Your question is kept; try again when the connection is back.",
  title_unreachable: "The server does not answer",
  text_unreachable: "It may be restarting, or the address is wrong. Your question is kept.",
  errorTitle: "This did not work",
  busyTitle: "Too many questions at once",
  notReadyTitle: "The documents are not ready",
  tokenNeededTitle: "An access token is needed",
  tokenNeededText: "This server answers only with an access token.",
  unknownError: "The server sent a reply that this page does not understand.",
  reference: (id) => `Reference: ${id}`,
  tryAgain: "Try again",
  editQuestion: "Edit the question",
  checkAgain: "Check again",

  allDocuments: "All documents",
  documentsTitle: "Documents",
  opening: "Opening…",
  closePane: "Close",
  stepsLabel: "Sources of this answer",
  previousSource: "Previous source",
  nextSource: "Next source",
  stepWhere: (number, count) => `${number} of ${count}`,
  stepAnnounced: (number, count, title) => `Source ${number} of ${count}, ${title}`,
  publicPage: "Public page",
  newTab: "opens in a new tab",
  passageMoved: "This quote is no longer at this place: the document has changed since the answer was given.",
  passageUnknown: "The exact place was not found, so this is the whole document.",
  documentMissing: "This document is not among the loaded ones.",
  answerMissing: "This answer is no longer kept. Ask the question again to get a new one.",
  characters: (count) => plural(count, "character", "characters"),
  page: (number) => `page ${number}`,
  atTime: (clock) => `at ${clock}`,

  tokenTitle: "Access token",
  tokenText: "This server answers only with an access token. It is kept until you close this tab.",
  tokenWrong: "That token was not accepted.",
  tokenLabel: "Token",
  tokenUse: "Continue",
  cancel: "Cancel",

  announceAnswer: (short, count) => `Answer${short && `: ${short}`}, ${plural(count, "source", "sources")}`,
  announcePartial: (short, count) => `Part of an answer${short && `: ${short}`}, ${plural(count, "source", "sources")}`,
};

const table = en;
export const locale = "en";

export function t(key, ...values) {
  const found = table[key];
  if (found === undefined) throw new Error(`No string ${key}`);
  return typeof found === "function" ? found(...values) : found;
}

// Fills the static page: the language of these strings is the language of the document.
export function translate(root) {
  for (const node of root.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of root.querySelectorAll("[data-t-label]")) {
    node.setAttribute("aria-label", t(node.dataset.tLabel));
  }
  for (const node of root.querySelectorAll("[data-t-placeholder]")) node.placeholder = t(node.dataset.tPlaceholder);
  document.documentElement.lang = locale;
  document.title = t("appName");
}
