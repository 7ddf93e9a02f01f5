// The reading pane: beside the thread on wide screens, a sheet over it on narrow ones.

import { announce, button, byId, h, message } from "./dom.js";
import { hideCard, returnFocusTo } from "./card.js";
import { listDocuments } from "./api.js";
import { documentItems } from "./documents.js";
import { bring, inPlace, inSight } from "./sight.js";
import { problem } from "./words.js";
import { t } from "./strings.js";

const NARROW = matchMedia("(max-width: 1023.98px)"); // the same width as in app.css

export class Pane {
	#root = byId("pane");
	#head = byId("pane-head");
	#body = byId("pane-body");
	#opener = null;
	#scrollY = 0;
	#load = 0; // only the newest load may fill the pane
	#target = null;
	#split = null; // its edge, once it was opened
	#again = null; // fills the pane with the same once more
	#openDocument;
	#onClose;

	// openDocument(document), onStep(citation, answer), onList(), onClose(): the page keeps the address
	constructor({ openDocument, onStep, onList, onClose, fallback }) {
		this.#openDocument = openDocument;
		this.#onClose = onClose;
		this.fallback = fallback; // focus goes here when what opened the pane is gone
		byId("pane-close").addEventListener("click", () => this.close());
		byId("pane-list").addEventListener("click", onList);
		for (const [id, step] of [["step-back", -1], ["step-on", 1]]) {
			byId(id).addEventListener("click", () => {
				const { answer, citation } = this.#target;
				onStep(answer.citations[answer.citations.indexOf(citation) + step], answer);
			});
		}
		NARROW.addEventListener("change", () => {
			this.#fit();
			const quote = this.#body.querySelector("mark.current");
			if (quote) bring(this.#body, quote);
		});
	}

	get isOpen() {
		return !this.#root.hidden;
	}

	// The citation that is open, if one is.
	get citation() {
		return (this.isOpen && this.#target?.citation) || null;
	}

	get documentId() {
		return (this.isOpen && this.#target?.id) || null;
	}

	step(by) {
		byId(by < 0 ? "step-back" : "step-on").click();
	}

	async redraw() {
		const focused = document.activeElement;
		if (this.isOpen) await this.#again();
		focused.focus();
	}

	showDocument(target, opener, { stepped = false } = {}) {
		this.#target = target;
		this.#unfold(opener);
		this.#steps();
		byId("pane-list").hidden = false;
		return this.#fill(async () => {
			const { documentView } = await import("./reading.js"); // with the first document
			const { title, head, body, reading, quote, mark } = await documentView(target);
			head.push(this.#findBox(reading));
			return { head, body, shown: () => this.#shown(title, quote, stepped, mark) };
		});
	}

	showList(opener) {
		this.#target = null;
		this.#unfold(opener);
		this.#steps();
		byId("pane-list").hidden = true;
		return this.#fill(async () => {
			const documents = await listDocuments({ again: true });
			const list = h("ul", { class: "shelf" }, documentItems(documents, this.#openDocument));
			const none = h("p", {}, t("loadedNone"));
			const head = [h("h2", { id: "pane-title" }, t("documentsTitle"))];
			const shown = () => (list.querySelector("a") ?? this.#body).focus();
			return { head, body: [documents.length ? list : none], shown };
		});
	}

	close() {
		if (!this.isOpen) return;
		this.#load += 1;
		this.#head.replaceChildren();
		this.#body.replaceChildren();
		inPlace(inSight(), () => this.#show(false));
		const opener = this.#opener;
		this.#opener = null;
		if (opener?.isConnected) {
			scrollTo({ top: this.#scrollY, behavior: "instant" });
			returnFocusTo(opener);
		} else {
			this.fallback();
		}
		this.#onClose();
	}

	forgetOpener() {
		this.#opener = null; // the thread goes on: closing no longer jumps back
	}

	#unfold(opener) {
		hideCard();
		if (opener && !this.#root.contains(opener)) {
			this.#opener = opener;
			this.#scrollY = this.isOpen ? this.#scrollY : scrollY;
		}
		if (!this.isOpen) inPlace(byId("thread").contains(opener) ? opener : inSight(), () => this.#show(true));
	}

	#show(open) {
		this.#split ??= import("./split.js").then(({ setUpSplit }) => setUpSplit(this.#root), () => (this.#split = null));
		this.#root.hidden = !open;
		this.#fit();
	}

	#fit() {
		const sheet = this.isOpen && NARROW.matches;
		document.body.classList.toggle("has-pane", this.isOpen);
		document.documentElement.classList.toggle("is-covered", sheet);
		for (const id of ["bar", "talk"]) byId(id).inert = sheet;
		for (const [name, value] of [["role", "dialog"], ["aria-modal", "true"]]) {
			if (sheet) this.#root.setAttribute(name, value);
			else this.#root.removeAttribute(name);
		}
	}

	// What finds is loaded when it is wanted.
	#findBox(reading) {
		const box = h("input", { type: "search", "aria-label": t("findLabel"), placeholder: t("findLabel") });
		const begin = async () => (await import("./find.js")).findIn(box, reading, this.#body);
		box.addEventListener("focus", begin, { once: true });
		return h("div", { class: "find", role: "search" }, box);
	}

	#steps() {
		const count = this.#target?.answer?.citations.length ?? 0;
		const index = count ? this.#target.answer.citations.indexOf(this.#target.citation) : 0;
		byId("pane-steps").hidden = count < 2;
		byId("step-where").textContent = t("stepWhere", index + 1, count);
		byId("step-back").disabled = index <= 0;
		byId("step-on").disabled = index >= count - 1;
	}

	async #fill(load) {
		const mine = ++this.#load;
		this.#again = () => this.#fill(load);
		if (!this.#head.hasChildNodes()) this.#head.append(h("h2", { class: "opening", id: "pane-title" }, t("opening")));
		this.#body.setAttribute("aria-busy", "true");
		try {
			const { head, body, shown } = await load();
			if (mine !== this.#load) return;
			this.#head.replaceChildren(...head);
			this.#body.replaceChildren(...body);
			shown();
		} catch (error) {
			if (mine !== this.#load) return;
			this.#failed(error, load);
		} finally {
			if (mine === this.#load) this.#body.removeAttribute("aria-busy");
		}
	}

	#failed(error, load) {
		const { title, text, retriable } = problem(error, t("documentMissing"));
		const again = retriable && button(t("tryAgain"), () => this.#fill(load));
		this.#head.replaceChildren(h("h2", { id: "pane-title" }, title));
		this.#body.replaceChildren(h("p", {}, message(text)), ...(again ? [again] : []));
		this.#body.focus();
		announce(`${title}. ${text}`);
	}

	#shown(title, quote, stepped, mark) {
		this.#body.scrollTop = 0;
		if (!stepped) (quote ?? this.#body).focus({ preventScroll: true });
		if (quote) bring(this.#body, quote);
		mark(this.#body);
		if (!stepped) return;
		const { answer, citation } = this.#target;
		announce(t("stepAnnounced", answer.citations.indexOf(citation) + 1, answer.citations.length, title));
		const lost = document.activeElement === document.body || document.activeElement.disabled; // the last step
		if (lost) quote?.focus({ preventScroll: true });
	}
}
