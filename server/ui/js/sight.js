// Keeping the eye where it was while the page changes around it.

import { byId } from "./dom.js";

// Beside the pane lines break anew: `node` stays where it was on the screen.
export function inPlace(node, change) {
	const top = node?.getBoundingClientRect().top;
	change();
	if (node) scrollBy({ top: node.getBoundingClientRect().top - top, behavior: "instant" });
}

// The turn at the top of the screen.
export function inSight() {
	const edge = byId("bar").getBoundingClientRect().bottom;
	return [...byId("thread").children].find((turn) => turn.getBoundingClientRect().bottom > edge) ?? null;
}

const AT = 0.3; // of the height: what stands before stays readable

const SETTLED_FRAMES = 12;
const OWN_WAYS = ["wheel", "touchstart", "pointerdown", "keydown"];

// Scrolls `box`, and nothing else, to an element or range in it. Again for some frames, until a person scrolls: a long
// document gets its true heights as it comes into sight.
export function bring(box, target) {
	const own = new AbortController();
	for (const way of OWN_WAYS) addEventListener(way, () => own.abort(), { capture: true, signal: own.signal });
	const place = (frames) => {
		if (own.signal.aborted) return;
		const off = target.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight * AT;
		if (Math.abs(off) > 1) box.scrollTop += off;
		if (frames > 0) requestAnimationFrame(() => place(frames - 1));
		else own.abort();
	};
	place(SETTLED_FRAMES);
}

const GAP_PX = 8;

// Scrolls the page on until `last` ends above the question box, as far as `whole` still begins below the bar.
export function endInSight(whole, last) {
	if (!last) return;
	const under = last.getBoundingClientRect().bottom + GAP_PX - byId("ask").getBoundingClientRect().top;
	const room = whole.getBoundingClientRect().top - byId("bar").getBoundingClientRect().bottom;
	if (under > 0) scrollBy({ top: Math.min(under, room), behavior: "instant" });
}
