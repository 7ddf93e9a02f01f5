// The drawer of kept conversations: find, open, rename, delete.

import { change, conversationAt, getJson } from "./api.js";
import { openDialog } from "./dialog.js";
import { announce, button, h, iconButton } from "./dom.js";
import { momentWords } from "./format.js";
import { t } from "./strings.js";
import { problem } from "./words.js";

const TYPING_MS = 250;

const renameConversation = (id, title) => change("PATCH", conversationAt(id), { title });
const deleteConversation = (id) => change("DELETE", conversationAt(id));
const deleteConversations = () => change("DELETE", "/conversations");

// {conversations, more}, newest first; before = `updated` of the last one that is known.
function listConversations({ query = "", before = null } = {}) {
	const search = new URLSearchParams({ limit: 50, ...(query && { query }), ...(before && { before }) });
	return getJson(`/conversations?${search}`);
}

class Drawer {
	#dialog;
	#list = h("ul", { class: "drawer-list" });
	#find = h("input", { type: "search", "aria-label": t("conversationsFind"), placeholder: t("conversationsFind") });
	#all = h("div", {});
	#page;
	#load = 0; // only the newest list counts

	// page = {open(id), gone(id or null for all), current()}
	constructor(page) {
		this.#page = page;
		const close = iconButton(t("close"), "close", () => this.#dialog.close());
		let timer = 0;
		this.#find.addEventListener("input", () => {
			clearTimeout(timer);
			timer = setTimeout(() => this.#fill(), TYPING_MS);
		});
		this.#all.append(this.#sure(t("removeAll"), () => this.#remove(null), "button quiet"));
		this.#dialog = openDialog("drawer", t("conversations"), close, this.#find, this.#list, this.#all);
		this.#dialog.addEventListener("click", (event) => {
			if (event.target === this.#dialog) this.#dialog.close(); // beside it
		});
		this.#find.focus();
		this.#fill();
	}

	async #fill(before = null) {
		const mine = ++this.#load;
		const query = this.#find.value.trim();
		try {
			const { conversations, more } = await listConversations({ query, before });
			if (mine !== this.#load) return;
			if (!before) this.#list.replaceChildren();
			this.#list.append(...conversations.map((kept) => this.#item(kept)));
			if (more) {
				const next = h("li", {}, button(t("showMore"), () => (next.remove(), this.#fill(conversations.at(-1).updated))));
				this.#list.append(next);
			}
			const none = t(query ? "conversationsNoMatch" : "conversationsNone");
			if (!this.#list.hasChildNodes()) this.#list.append(h("li", { class: "why" }, none));
			this.#all.hidden = !query && !conversations.length && !before;
		} catch (error) {
			this.#failed(error);
		}
	}

	#failed(error) {
		const { title, text } = problem(error);
		this.#list.prepend(h("li", { class: "warning", role: "alert" }, `${title}. ${text}`));
	}

	#item(kept) {
		const node = h("li", { class: "kept" });
		const show = () => {
			const name = kept.title || t("untitled");
			const here = kept.id === this.#page.current();
			const open = h(
				"button",
				{ type: "button", class: "kept-open", "aria-current": here ? "true" : null, onclick: () => this.#open(kept) },
				h("span", { class: "kept-title" }, name),
				h("span", { class: "facts" }, `${momentWords(kept.updated)} · ${t("turns", kept.turns)}`),
			);
			const rename = iconButton(t("rename"), "edit", () => this.#rename(kept, node, show));
			const remove = this.#sure(t("remove"), () => this.#remove(kept, node), "tool tool-icon", "remove");
			for (const tool of [rename, remove]) tool.setAttribute("aria-label", `${tool.title}: ${name}`);
			node.replaceChildren(open, rename, remove);
		};
		show();
		return node;
	}

	#open(kept) {
		this.#dialog.close();
		this.#page.open(kept.id);
	}

	#rename(kept, node, show) {
		const box = h("input", { "aria-label": t("rename"), maxlength: "200" });
		const back = () => {
			show();
			node.children[1].focus();
		};
		const form = h("form", { class: "kept-form" }, box, h("button", { class: "button" }, t("save")));
		box.value = kept.title ?? "";
		form.addEventListener("submit", async (event) => {
			event.preventDefault();
			if (!box.value.trim()) return back();
			await renameConversation(kept.id, box.value.trim()).then(
				() => (kept.title = box.value.trim()),
				(error) => this.#failed(error),
			);
			back();
		});
		form.addEventListener("keydown", (event) => {
			if (event.key !== "Escape") return;
			event.preventDefault(); // of the form alone, not of the drawer
			back();
		});
		node.replaceChildren(form);
		box.select();
	}

	async #remove(kept, node) {
		try {
			await (kept ? deleteConversation(kept.id) : deleteConversations());
		} catch (error) {
			if (error.status !== 404) return this.#failed(error);
		}
		this.#page.gone(kept?.id ?? null);
		announce(t("removed"));
		const beside = (node?.nextElementSibling ?? node?.previousElementSibling)?.querySelector("button");
		node?.remove();
		(beside ?? this.#find).focus();
		if (!beside) this.#fill();
	}

	// A button that asks back: the second click does it.
	#sure(label, act, kind, sign = null) {
		const node = button(label, () => {
			if (node.dataset.sure) return act();
			node.dataset.sure = "yes";
			node.className = "button danger";
			node.removeAttribute("aria-label");
			node.replaceChildren(t("removeSure"));
		}, { kind, sign, title: label });
		if (sign) node.lastChild.remove();
		const calm = node.className;
		const faces = [...node.childNodes];
		node.addEventListener("blur", () => {
			delete node.dataset.sure;
			node.className = calm;
			node.replaceChildren(...faces);
		});
		return node;
	}
}

export const openDrawer = (page) => new Drawer(page);
