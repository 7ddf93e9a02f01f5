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
