// Where the quotes stand: ticks beside the scrollbar, while the document is longer than its box.

import { h } from "./dom.js";

const LONG = 1.2; // of the box's height: in a shorter document every quote is in sight anyway

let ticks = null; // the strip, of the document shown last
let watch = null;

export function mark(box, reading) {
	watch?.disconnect();
	ticks?.remove();
	const marks = [...reading.querySelectorAll("mark.current, mark.other")];
	if (!marks.length) return;
	const strip = h("div", { class: "ticks", "aria-hidden": "true" });
	ticks = strip;
	box.after(strip);
	// Its height changes while blocks of a long document are laid out, and with the pane; to none when it is closed.
	watch = new ResizeObserver(() => (reading.isConnected ? draw(strip, box, marks) : strip.remove()));
	watch.observe(reading);
	watch.observe(box);
}

function draw(strip, box, marks) {
	const { scrollHeight: whole, clientHeight: seen, offsetTop, scrollTop } = box;
	strip.hidden = whole < LONG * seen;
	strip.style.top = `${offsetTop}px`;
	strip.style.height = `${seen}px`;
	const edge = box.getBoundingClientRect().top - scrollTop;
	strip.replaceChildren(...marks.map((quote) => {
		const tick = h("i", { class: quote.className === "current" && "here" });
		tick.style.top = `${(100 * (quote.getBoundingClientRect().top - edge)) / whole}%`;
		return tick;
	}));
}
