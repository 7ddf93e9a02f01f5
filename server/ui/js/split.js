// The edge between thread and pane: dragged, moved by arrow keys, or clicked for the next of three widths. Remembered.

import { h } from "./dom.js";
import { remember, remembered } from "./storage.js";
import { t } from "./strings.js";

const KEY = "pane-width"; // percent of the window
const LEAST = 25;
const MOST = 70;
const STEP = 2; // of an arrow key
const WIDTHS = [44, 60, 30]; // one click each, for those who cannot drag
const STILL_PX = 3; // a hand that clicks trembles

export function setUpSplit(pane) {
	let held = null; // {at: where the pointer went down, moved}
	const grip = h("div", { class: "grip", role: "separator", tabindex: "0", "aria-orientation": "vertical" });
	const attributes = { "aria-label": t("paneWidth"), title: t("paneWidth"), "aria-controls": pane.id };
	for (const [name, value] of Object.entries(attributes)) grip.setAttribute(name, value);
	grip.setAttribute("aria-valuemin", LEAST);
	grip.setAttribute("aria-valuemax", MOST);

	const now = () => Math.round((100 * pane.offsetWidth) / innerWidth);
	const set = (percent) => {
		const width = Math.round(10 * Math.min(MOST, Math.max(LEAST, percent))) / 10;
		document.documentElement.style.setProperty("--pane", `${width}vw`);
		remember(KEY, String(width));
		say();
	};
	const say = () => grip.setAttribute("aria-valuenow", now());

	grip.addEventListener("pointerdown", (event) => {
		held = { at: event.clientX, moved: false };
		grip.setPointerCapture(event.pointerId);
		grip.classList.add("is-held");
		event.preventDefault(); // no words are selected on the way
	});
	grip.addEventListener("pointermove", (event) => {
		if (!held) return;
		held.moved ||= Math.abs(event.clientX - held.at) > STILL_PX;
		if (held.moved) set((100 * (innerWidth - event.clientX)) / innerWidth);
	});
	grip.addEventListener("pointerup", () => {
		if (held && !held.moved) set(WIDTHS[(WIDTHS.findIndex((width) => Math.abs(width - now()) <= 1) + 1) % WIDTHS.length]);
	});
	grip.addEventListener("lostpointercapture", () => {
		held = null;
		grip.classList.remove("is-held");
	});
	const keys = { ArrowLeft: STEP, ArrowRight: -STEP, Home: -100, End: 100 };
	grip.addEventListener("keydown", (event) => {
		if (!(event.key in keys)) return;
		event.preventDefault();
		set(now() + keys[event.key]);
	});
	pane.prepend(grip);
	addEventListener("resize", say);
	const kept = Number(remembered(KEY));
	if (kept) set(kept);
	else say();
}
