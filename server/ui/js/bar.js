// The bar: language, colours, and what can be done with the whole conversation.

import { download } from "./clipboard.js";
import { byId, icon } from "./dom.js";
import { showKeys } from "./keys.js";
import { LANGUAGES, locale } from "./locale.js";
import { menuOf } from "./menu.js";
import { remember } from "./storage.js";
import { setLanguage, t, translate } from "./strings.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const chosen = document.documentElement.dataset; // .theme, where a person chose: light or dark

const isDark = () => (chosen.theme ?? (dark.matches ? "dark" : "light")) === "dark";

function labelTheme() {
	byId("theme").setAttribute("aria-label", t(isDark() ? "themeToLight" : "themeToDark"));
	byId("theme").replaceChildren(icon(isDark() ? "sun" : "moon"));
}

// The system decides until a person chooses otherwise.
function switchTheme() {
	const next = isDark() ? "light" : "dark";
	const systemAgrees = (next === "dark") === dark.matches;
	if (systemAgrees) delete chosen.theme;
	else chosen.theme = next;
	remember("theme", systemAgrees ? null : next);
	labelTheme();
}

// answers() of the conversation; redraw() everything in another language
export function setUpBar({ answers, redraw }) {
	byId("theme").addEventListener("click", switchTheme);
	dark.addEventListener("change", labelTheme);
	labelTheme();
	const speak = async (name) => {
		await setLanguage(name);
		translate(document);
		labelTheme();
		redraw();
	};
	const save = async () => {
		const { conversationMarkdown } = await import("./export.js");
		download("answers.md", conversationMarkdown(answers()));
	};
	menuOf(byId("language"), () =>
		LANGUAGES.map(([name, label]) => ({ label, lang: name, on: name === locale, act: () => speak(name) })),
	);
	menuOf(byId("more"), () => {
		const keys = { label: t("keysTitle"), act: showKeys };
		if (!answers().length) return [keys];
		return [{ label: t("exportAll"), act: save }, { label: t("print"), act: () => print() }, keys];
	});
}
