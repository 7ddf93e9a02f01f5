// A whole document with quotes marked in it. Positions are JavaScript's own: lengths of what the server cut, or searches.
// The server's offsets count code points and are only sent back to it.

import { getPassage } from "./api.js";
import { h, inOrder } from "./dom.js";

const BLOCK = 40; // paragraphs

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

// Paragraphs of `text` with marks: ranges = [{from, to, kind}], kind current | other | words.
// Where quotes overlap, `current` outweighs `other`; `words` are marked inside their quote.
export function markedText(text, ranges) {
	const cutAt = new Set([0, text.length, ...ranges.flatMap(({ from, to }) => [from, to])]);
	const edges = [...cutAt].sort((a, b) => a - b);
	const paragraphs = [h("p", {})];
	for (let i = 0; i + 1 < edges.length; i += 1) {
		const kinds = new Set(ranges.filter((r) => r.from <= edges[i] && edges[i + 1] <= r.to).map((r) => r.kind));
		for (const [row, line] of text.slice(edges[i], edges[i + 1]).split(/\r\n|\r|\n/).entries()) {
			if (row > 0) paragraphs.push(h("p", {}));
			if (line) addPiece(paragraphs.at(-1), line, kinds);
		}
	}
	return inBlocks(paragraphs.filter((paragraph) => paragraph.textContent.trim()));
}

// A long document is laid out block by block, when it comes into sight.
function inBlocks(paragraphs) {
	if (paragraphs.length <= BLOCK) return paragraphs;
	const blocks = [];
	for (let i = 0; i < paragraphs.length; i += BLOCK) {
		blocks.push(h("div", { class: "block" }, paragraphs.slice(i, i + BLOCK)));
	}
	return blocks;
}

// A quote is one mark in each paragraph, whatever is marked inside it.
function addPiece(paragraph, line, kinds) {
	const inner = kinds.has("words") ? [h("mark", { class: "words" }, line)] : inOrder(line);
	const kind = ["current", "other"].find((outer) => kinds.has(outer));
	const last = paragraph.lastChild;
	if (!kind) paragraph.append(...inner);
	else if (last?.className === kind) last.append(...inner);
	else paragraph.append(h("mark", { class: kind }, inner));
}
