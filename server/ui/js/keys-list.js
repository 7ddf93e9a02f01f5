// The list of keys, and the switch that turns the single ones off.

import { byId, h } from "./dom.js";
import { KEY } from "./keys.js";
import { remember, remembered } from "./storage.js";
import { t } from "./strings.js";

byId("keys-on").addEventListener("change", (event) => remember(KEY, event.target.checked ? null : "off"));
byId("keys-close").addEventListener("click", () => byId("keys").close());

export function showKeys() {
	const rows = t("keys").flatMap(([key, does]) => [
		h("dt", {}, key.split("  ").map((one) => h("kbd", {}, one))),
		h("dd", {}, does),
	]);
	byId("keys-list").replaceChildren(...rows);
	byId("keys-on").checked = remembered(KEY) !== "off";
	byId("keys").showModal();
}
