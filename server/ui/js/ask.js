// The question box: grows with the text, Enter sends (early.js), Shift+Enter breaks the line, Stop while an answer comes.

import { byId } from "./dom.js";
import { t } from "./strings.js";

const MAX_CHARS = 4000; // code points, as the server counts them
const COUNT_FROM = 3600; // when the rest is worth showing

export class AskBox {
	#form = byId("ask");
	#box = byId("question");
	#send = byId("send");
	#stop = byId("stop");
	#busy = false;
	#started = false;
	#wanted = "sent" in this.#form.dataset; // before the page was here

	#asked; // () → the questions of this thread
	#back = 0; // how many of them ↑ has gone back

	constructor({ onAsk, onStop, asked }) {
		this.#asked = asked;
		this.#box.addEventListener("input", () => this.#typed());
		this.#box.addEventListener("keydown", (event) => {
			if (this.#recalls(event)) event.preventDefault();
		});
		this.#form.addEventListener("submit", () => {
			const question = this.#box.value.trim();
			this.#wanted = !this.#started;
			if (this.#wanted || this.#busy || !question || this.#isTooLong()) return;
			this.put("");
			onAsk(question);
		});
		this.#stop.addEventListener("click", onStop);
		this.#typed();
	}

	// ↑ in the empty box, and on from there: earlier questions. ↓ the way back.
	#recalls({ key, isComposing }) {
		const by = { ArrowUp: 1, ArrowDown: -1 }[key];
		const asked = this.#asked();
		const shown = this.#back ? asked.at(-this.#back) : "";
		if (!by || isComposing || this.#box.value !== shown) return false;
		const back = Math.min(asked.length, Math.max(0, this.#back + by));
		if (back === this.#back) return false;
		this.put(back ? asked.at(-back) : "");
		this.#back = back;
		return true;
	}

	// The text that is asked next; focus goes there only where it is wanted.
	put(text, { focus = false } = {}) {
		this.#box.value = text;
		this.#back = 0;
		this.#typed();
		if (focus) this.focus();
	}

	focus() {
		this.#box.focus();
	}

	start() {
		this.#started = true;
		if (this.#wanted) this.#form.requestSubmit();
	}

	redraw() {
		this.#typed();
	}

	set busy(busy) {
		const stopHadFocus = document.activeElement === this.#stop;
		const sendHadFocus = document.activeElement === this.#send;
		this.#busy = busy;
		this.#send.hidden = busy;
		this.#stop.hidden = !busy;
		if (busy && sendHadFocus) this.#stop.focus();
		if (!busy && stopHadFocus) this.focus();
	}

	#length() {
		return Array.from(this.#box.value.trim()).length;
	}

	#isTooLong() {
		return this.#length() > MAX_CHARS;
	}

	#typed() {
		const left = MAX_CHARS - this.#length();
		const count = byId("count");
		count.textContent = left < 0 ? t("countOver", -left) : left <= MAX_CHARS - COUNT_FROM ? t("countLeft", left) : "";
		count.classList.toggle("over", left < 0);
		this.#box.setAttribute("aria-invalid", String(left < 0));
		this.#send.disabled = left < 0 || left === MAX_CHARS;
		if (!CSS.supports("field-sizing", "content")) {
			this.#box.style.height = "auto";
			this.#box.style.height = `${this.#box.scrollHeight}px`;
		}
	}
}
