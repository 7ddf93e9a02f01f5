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

// Scrolls `box`, and nothing else, to an element or range in it. Twice: a long document gets its true heights as it
// comes into sight.
export function bring(box, target) {
	for (let round = 0; round < 2; round += 1) {
		box.scrollTop += target.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight * AT;
	}
}

const GAP_PX = 8;

// Scrolls the page on until `last` ends above the question box, as far as `whole` still begins below the bar.
export function endInSight(whole, last) {
	if (!last) return;
	const under = last.getBoundingClientRect().bottom + GAP_PX - byId("ask").getBoundingClientRect().top;
	const room = whole.getBoundingClientRect().top - byId("bar").getBoundingClientRect().bottom;
	if (under > 0) scrollBy({ top: Math.min(under, room), behavior: "instant" });
}
