// Why a passage that was looked at is not cited, in a line: what of the question it says nothing of.

import { t } from "./strings.js";

const SHOWN = 4; // words
const ROOT = 5; // letters: "registered" is there where "registration" is
const LEAST = 3;
const GRAMMAR = new Set(
	(
		"the and for was were are did does has have had what which who whom whose when where why how many much with from that " +
		"this these those there they them their its his her him she you your can could will would shall should may might not " +
		"any all about into than then also been being list name tell show give please"
	).split(" "),
);

const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const wordsOf = (text) => text.match(/[\p{L}\p{N}]+/gu) ?? [];

export function whyNot(question, passage) {
	const held = new Set(wordsOf(fold(passage)).map((word) => word.slice(0, ROOT)));
	const asked = wordsOf(question).filter((word) => word.length >= LEAST && !GRAMMAR.has(fold(word)));
	const lacks = [...new Set(asked)].filter((word) => !held.has(fold(word).slice(0, ROOT)));
	return lacks.length ? t("lacks", lacks.slice(0, SHOWN)) : t("lacksNothing");
}
