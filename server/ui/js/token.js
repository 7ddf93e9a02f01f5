// The dialog that asks for the access token. It never leaves this tab but in the Authorization header.

import { byId } from "./dom.js";

let pending = null; // requests that fail together share one dialog

export function promptForToken(wasWrong) {
	pending ??= show(wasWrong).finally(() => (pending = null));
	return pending;
}

function show(wasWrong) {
	const dialog = byId("token");
	const value = byId("token-value");
	byId("token-wrong").hidden = !wasWrong;
	value.value = "";
	dialog.returnValue = "";
	dialog.showModal();
	value.focus();
	return new Promise((resolve) => {
		const given = () => resolve(dialog.returnValue === "given" ? value.value.trim() || null : null);
		dialog.addEventListener("close", given, { once: true });
	});
}

byId("token-cancel").addEventListener("click", () => byId("token").close(""));
byId("token").querySelector("form").addEventListener("submit", (event) => {
	event.preventDefault();
	byId("token").close("given");
});
