// The edge between thread and pane: dragged, moved by arrow keys, or clicked for the next of three widths. Remembered.

import { h } from "./dom.js";
import { remember, remembered } from "./storage.js";
import { t } from "./strings.js";

const KEY = "pane-width"; // percent of the window
const LEAST_REM = 24; // of the pane and, beside it, of the thread: the same as in app.css
const THREAD_REM = 26;
const MOST = 70;
const STEP = 2; // of an arrow key
const WIDTHS = [44, 60, 30]; // one click each, for those who cannot drag
const STILL_PX = 3; // a hand that clicks trembles

export function setUpSplit(pane) {
	let held = null; // {at: where the pointer went down, moved}
	const label = { "aria-label": t("paneWidth"), "data-t-label": "paneWidth", "aria-controls": pane.id };
	const grip = h("div", { class: "grip", role: "separator", tabindex: "0", "aria-orientation": "vertical", ...label });
	const percent = (px) => (100 * px) / innerWidth;
	const limits = () => {
		const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
		return [percent(LEAST_REM * rem), Math.min(MOST, 100 - percent(THREAD_REM * rem))];
	};
	const now = () => percent(pane.offsetWidth);
	const say = () => {
		if (pane.hidden) return;
		const [least, most] = limits();
		for (const [name, value] of [["valuemin", least], ["valuemax", most], ["valuenow", now()]]) {
			grip.setAttribute(`aria-${name}`, Math.round(value));
		}
	};
	const set = (wanted) => {
		const [least, most] = limits();
		const width = Math.round(10 * Math.min(most, Math.max(least, wanted))) / 10;
		document.documentElement.style.setProperty("--pane", `${width}vw`);
		remember(KEY, String(width));
		say();
	};

	grip.addEventListener("pointerdown", (event) => {
		if (event.button !== 0) return;
		held = { at: event.clientX, moved: false };
		grip.setPointerCapture(event.pointerId);
		grip.classList.add("is-held");
		event.preventDefault(); // no words are selected on the way
	});
	grip.addEventListener("pointermove", (event) => {
		if (!held) return;
		held.moved ||= Math.abs(event.clientX - held.at) > STILL_PX;
		if (held.moved) set(percent(innerWidth - event.clientX));
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
	new ResizeObserver(say).observe(pane); // also when it is shown
	const kept = Number(remembered(KEY));
	if (kept) document.documentElement.style.setProperty("--pane", `${kept}vw`);
}
