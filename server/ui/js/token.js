// The dialog that asks for the access token. It never leaves this tab but in the Authorization header.

import { openDialog } from "./dialog.js";
import { button, h } from "./dom.js";
import { t } from "./strings.js";

let pending = null; // requests that fail together share one dialog

// Resolves to a token, or null.
export function promptForToken(wasWrong) {
	pending ??= show(wasWrong).finally(() => (pending = null));
	return pending;
}

function show(wasWrong) {
	const plain = { autocomplete: "off", spellcheck: "false", "aria-describedby": "token-text" };
	const value = h("input", { id: "token-value", type: "password", required: true, pattern: "[ -~]+", ...plain });
	const given = () => node.close(value.value.trim());
	const form = h(
		"form",
		{ onsubmit: given },
		h("p", { id: "token-text" }, t("tokenText")),
		wasWrong && h("p", { class: "token-wrong", role: "alert" }, t("tokenWrong")),
		h("label", { for: "token-value" }, t("tokenLabel")),
		value,
		h("div", { class: "ends" }, button(t("cancel"), () => node.close()), h("button", { class: "button" }, t("tokenUse"))),
	);
	const node = openDialog("token", t("tokenTitle"), form);
	value.focus();
	return new Promise((resolve) => node.addEventListener("close", () => resolve(node.returnValue || null)));
}
