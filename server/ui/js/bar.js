// The bar: language, colours, and what can be done with the whole conversation.

import { download } from "./clipboard.js";
import { byId, icon } from "./dom.js";
import { showKeys } from "./keys.js";
import { LANGUAGES, locale } from "./locale.js";
import { menuOf } from "./menu.js";
import { setLanguage, t, translate } from "./strings.js";
import { setUpTheme } from "./theme.js";

// answers() of the conversation; redraw() everything in another language
export function setUpBar({ answers, redraw }) {
	const labelTheme = setUpTheme(byId("theme"), (isDark) => {
		byId("theme").setAttribute("aria-label", t(isDark ? "themeToLight" : "themeToDark"));
		byId("theme").replaceChildren(icon(isDark ? "sun" : "moon"));
	});
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
