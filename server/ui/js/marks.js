// A quote between its surroundings, cut by the server: nothing here counts offsets.

import { getPassage } from "./api.js";
import { h, inOrder } from "./dom.js";

const CONTEXT_CHARS = 240; // about a sentence on either side

const cuts = new WeakMap(); // citation → promise of its parts: asked for once

// A quote between its surroundings, as the server's passage; null when it cannot be cut.
export function cutOf(citation) {
	if (!cuts.has(citation)) cuts.set(citation, cut(citation));
	return cuts.get(citation);
}

async function cut(citation) {
	const { document_id: id, start, end, quote, highlight } = citation;
	try {
		const passage = await getPassage(id, start, end, { around: CONTEXT_CHARS, highlight });
		return passage.quote === quote ? passage : null; // otherwise the document has changed
	} catch {
		cuts.delete(citation); // the next look may fare better
		return null;
	}
}

// What stands around a quote in its own paragraph, whole words only.
export function surroundings({ before, after, start }) {
	const head = before.slice(Math.max(before.lastIndexOf("\n"), before.lastIndexOf("\r")) + 1);
	const tail = after.split(/[\r\n]/)[0];
	const cutHead = head === before && start > CONTEXT_CHARS ? head.replace(/^\S{0,20}\s/, "… ") : head;
	return [cutHead.trimStart(), tail.length === after.length ? tail.replace(/\s\S{0,20}$/, " …") : tail];
}

const waiting = new WeakMap();
const sight = new IntersectionObserver((entries) => {
	for (const { isIntersecting, target } of entries) {
		if (!isIntersecting) continue;
		sight.unobserve(target);
		waiting.get(target)();
	}
}, { rootMargin: "200px" });

// Does `act` once, when `node` comes near the screen: nothing is asked for that is not shown.
export function whenSeen(node, act) {
	waiting.set(node, act);
	sight.observe(node);
}

// The quote as nodes, the answer's words marked.
export function quoteNodes(quote, words) {
	if (!words || words.highlight === null) return inOrder(quote);
	const mark = h("mark", { class: "words" }, words.highlight);
	return [...inOrder(words.quote_before), mark, ...inOrder(words.quote_after)];
}
