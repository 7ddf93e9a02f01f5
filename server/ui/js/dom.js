// Building nodes. Text always enters as text: nothing here, or anywhere on this page, parses markup.

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
	send: "M12 19V5M6 11l6-6 6 6",
	stop: "M8 8h8v8H8z",
	plus: "M12 5v14M5 12h14",
	documents: "M7 3h7l4 4v14H7zM14 3v4h4M10 12h5M10 16h5",
	moon: "M12 3a9 9 0 1 0 9 9 7 7 0 0 1-9-9z",
	sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1 1M18 18l1 1M5 19l1-1M18 6l1-1",
	back: "M15 6l-6 6 6 6",
	previous: "M6 14l6-6 6 6",
	next: "M6 10l6 6 6-6",
	close: "M6 6l12 12M18 6L6 18",
	outside: "M9 6h9v9M18 6L7 17",
	copy: "M9 9h11v11H9zM5 15H4V4h11v1",
	list: "M4 6h16M4 12h16M4 18h10",
	globe: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c-5 5-5 13 0 18M12 3c5 5 5 13 0 18",
	more: "M5 12h.01M12 12h.01M19 12h.01",
	edit: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
	remove: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
	play: "M8 5l11 7-11 7z",
	link: "M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 6 6l1-1",
};

const TURNS = /([\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069])/; // what can make text read backwards

// Text as nodes in which nothing turns the order round: such a sign stands in a box of its own, seen, and is copied.
export function inOrder(text) {
	if (!TURNS.test(text)) return [text];
	return text.split(TURNS).map((part, index) => {
		if (index % 2 === 0) return part;
		const sign = document.createElement("span");
		sign.className = "turns";
		sign.title = `U+${part.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
		sign.append(part);
		return sign;
	});
}

// An element with attributes (null and false leave one out, a function is a listener) and children.
export function h(tag, attributes, ...children) {
	const node = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes ?? {})) {
		if (value === null || value === undefined || value === false) continue;
		if (typeof value === "function") node.addEventListener(name.slice(2), value);
		else node.setAttribute(name, value === true ? "" : String(value));
	}
	const shown = children.flat().filter((child) => child !== null && child !== undefined && child !== false);
	node.append(...shown.flatMap((child) => (typeof child === "string" ? inOrder(child) : [child])));
	return node;
}

export function icon(name) {
	const svg = document.createElementNS(SVG, "svg");
	const path = document.createElementNS(SVG, "path");
	svg.setAttribute("viewBox", "0 0 24 24");
	svg.setAttribute("class", `icon icon-${name}`);
	svg.setAttribute("aria-hidden", "true");
	path.setAttribute("d", ICONS[name]);
	svg.append(path);
	return svg;
}

export function fillIcons(root) {
	for (const place of root.querySelectorAll("[data-icon]")) place.replaceWith(icon(place.dataset.icon));
}

export function button(label, onclick, { kind = "button quiet", sign = null, ...attributes } = {}) {
	return h("button", { type: "button", class: kind, onclick, ...attributes }, sign && icon(sign), h("span", {}, label));
}

export const iconButton = (label, sign, onclick) =>
	h("button", { type: "button", class: "tool tool-icon", "aria-label": label, title: label, onclick }, icon(sign));

// A message of the server: what it puts between backticks is a command.
export function message(text) {
	return text.split(/`([^`]+)`/).map((part, index) => (index % 2 ? h("code", {}, part) : part));
}

// A link that opens inside the page; the browser's own ways (new tab, copy address) keep working.
export function insideLink(href, attributes, open, ...children) {
	const onclick = (event) => {
		if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
		event.preventDefault();
		open(event.currentTarget);
	};
	return h("a", { href, ...attributes, onclick }, ...children);
}

export const byId = (id) => document.getElementById(id);

let region = null;

// Says `text` once to screen readers, politely.
export function announce(text) {
	region ??= byId("live");
	region.textContent = text;
}
