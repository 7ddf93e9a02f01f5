// Quotes inside texts. Positions here are JavaScript's own (lengths of strings that the server cut, or
// searches): the server's offsets count code points and are only ever sent back to it.

import { getPassage } from "./api.js";
import { h } from "./dom.js";

// Where `needle` stands in `text`, when it stands there exactly once; otherwise null.
export function onlyPlace(text, needle) {
  if (!needle) return null;
  const from = text.indexOf(needle);
  if (from < 0 || text.indexOf(needle, from + 1) >= 0) return null;
  return { from, to: from + needle.length };
}

// The place of a citation in the whole text of its document; asks the server when the words occur twice.
export async function placeOf(citation, text) {
  const found = onlyPlace(text, citation.quote);
  if (found || !text.includes(citation.quote)) return found;
  const { before, quote } = await getPassage(citation.document_id, citation.start, citation.end);
  if (quote !== citation.quote) return null;
  return { from: before.length, to: before.length + quote.length };
}

// The answer's words inside the quote of a citation, or null.
export async function answerWords(citation, short) {
  const words = citation.highlight;
  if (!words) return null;
  if (short?.citation === citation.number) {
    const found = onlyPlace(citation.quote, short.text);
    if (found) return found;
  }
  const around = words.start - citation.start; // code points, for the server: it cuts `before` at the quote's start
  const passage = await getPassage(citation.document_id, words.start, words.end, around).catch(() => null);
  if (!passage || !citation.quote.startsWith(passage.before + passage.quote)) return null;
  return { from: passage.before.length, to: passage.before.length + passage.quote.length };
}

// The quote as nodes, the answer's words strong.
export function quoteNodes(quote, words) {
  if (!words) return [quote];
  return [quote.slice(0, words.from), h("strong", {}, quote.slice(words.from, words.to)), quote.slice(words.to)];
}

// Paragraphs of `text` with marks: ranges = [{from, to, kind}], kind current | other | words.
// Where ranges overlap, a piece carries every kind that covers it; `current` outweighs `other`.
export function markedText(text, ranges) {
  const cuts = new Set([0, text.length, ...ranges.flatMap(({ from, to }) => [from, to])]);
  const edges = [...cuts].sort((a, b) => a - b);
  const paragraphs = [h("p", {})];
  for (let i = 0; i + 1 < edges.length; i += 1) {
    const kinds = new Set(ranges.filter((r) => r.from <= edges[i] && edges[i + 1] <= r.to).map((r) => r.kind));
    for (const [row, line] of text.slice(edges[i], edges[i + 1]).split(/\r\n|\r|\n/).entries()) {
      if (row > 0) paragraphs.push(h("p", {}));
      if (line) paragraphs.at(-1).append(piece(line, kinds));
    }
  }
  return paragraphs.filter((paragraph) => paragraph.textContent.trim());
}

function piece(line, kinds) {
  const inner = kinds.has("words") ? h("strong", {}, line) : line;
  if (kinds.has("current")) return h("mark", { class: "current" }, inner);
  if (kinds.has("other")) return h("mark", { class: "other" }, inner);
  return inner;
}
