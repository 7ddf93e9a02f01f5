// Light or dark: the system decides until a person chooses; the choice is remembered.
// Loaded render-blocking, so that the first paint has the right colours.

import { remember, remembered } from "./storage.js";

const KEY = "theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

function apply(choice) {
	if (choice) document.documentElement.dataset.theme = choice;
	else delete document.documentElement.dataset.theme;
}

const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";

// show(isDark) labels the switch. Returns what does so again, in another language.
export function setUpTheme(toggle, show) {
	const label = () => show(isDark());
	toggle.addEventListener("click", () => {
		const next = isDark() ? "light" : "dark";
		const systemAgrees = (next === "dark") === dark.matches;
		apply(systemAgrees ? null : next);
		remember(KEY, systemAgrees ? null : next);
		label();
	});
	dark.addEventListener("change", label);
	label();
	return label;
}

const chosen = remembered(KEY);
apply(chosen === "light" || chosen === "dark" ? chosen : null);
