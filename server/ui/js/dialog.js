// A dialog over the page, which is gone once it is closed. The browser gives focus back.

import { h } from "./dom.js";
import { sheet } from "./sheet.js";

await sheet("more.css");

export function openDialog(kind, title, ...children) {
	const heading = h("h2", { id: `${kind}-title` }, title);
	const node = h("dialog", { class: kind, id: kind, "aria-labelledby": heading.id }, heading, ...children);
	node.addEventListener("close", () => node.remove());
	document.body.append(node);
	node.showModal();
	return node;
}
