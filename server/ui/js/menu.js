// Menus that drop from a button. The browser closes them and gives focus back.

import { h } from "./dom.js";

const EDGE_PX = 8;

// items() = [{label, act, on, lang}]: asked for at each opening; on = true or false for a choice among several.
export function menuOf(button, items) {
	const box = h("div", { class: "menu", popover: "auto", role: "menu" });
	button.setAttribute("aria-haspopup", "menu");
	button.setAttribute("aria-expanded", "false");
	button.after(box);
	button.popoverTargetElement = box;
	box.addEventListener("beforetoggle", (event) => {
		button.setAttribute("aria-expanded", String(event.newState === "open"));
		if (event.newState === "open") box.replaceChildren(...items().map((item) => itemNode(item, box)));
	});
	box.addEventListener("toggle", (event) => {
		if (event.newState !== "open") return;
		place(box, button);
		box.firstChild.focus();
	});
	box.addEventListener("keydown", (event) => {
		const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
		if (event.key === "Tab") box.hidePopover();
		if (!step) return;
		event.preventDefault();
		const all = [...box.children];
		all.at((all.indexOf(document.activeElement) + step) % all.length).focus();
	});
}

function itemNode({ label, act, on, lang = null }, box) {
	const onclick = () => {
		box.hidePopover();
		act();
	};
	const choice = on === undefined ? { role: "menuitem" } : { role: "menuitemradio", "aria-checked": String(on) };
	return h("button", { type: "button", tabindex: "-1", lang, ...choice, onclick }, label);
}

// Below the button, or above it where there is no room, and always on the screen.
function place(box, button) {
	const at = button.getBoundingClientRect();
	const { offsetWidth: width, offsetHeight: height } = box;
	const below = at.bottom + 4 + height <= innerHeight;
	box.style.left = `${Math.max(EDGE_PX, Math.min(at.left, innerWidth - width - EDGE_PX))}px`;
	box.style.top = `${below ? at.bottom + 4 : Math.max(EDGE_PX, at.top - 4 - height)}px`;
}
