// The list of keys, and the switch that turns the single ones off.

import { openDialog } from "./dialog.js";
import { button, h } from "./dom.js";
import { KEY } from "./keys.js";
import { remember, remembered } from "./storage.js";
import { t } from "./strings.js";

export function showKeys() {
	const rows = t("keys").flatMap(([key, does]) => [
		h("dt", {}, key.split("  ").map((one) => h("kbd", {}, one))),
		h("dd", {}, does),
	]);
	const onchange = ({ target }) => remember(KEY, target.checked ? null : "off");
	const on = h("input", { type: "checkbox", checked: remembered(KEY) !== "off", onchange });
	const close = button(t("close"), () => node.close(), { kind: "button" });
	const node = openDialog(
		"shortcuts",
		t("keysTitle"),
		h("dl", { class: "keys-list" }, rows),
		h("label", { class: "check" }, on, t("keysOn")),
		h("div", { class: "ends" }, close),
	);
}
