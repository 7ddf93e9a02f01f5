// An answer, or a failure, put into words: what is announced and said beside it.

import { joined, sectionWords, webAddress } from "./format.js";
import { documentAddress } from "./route.js";
import { t } from "./strings.js";

export function announced(answer) {
	if (answer.status === "not_found") return answer.answer;
	const short = answer.short_answers.map(({ text }) => text).join("; ");
	const said = t(answer.status === "partial" ? "announcePartial" : "announceAnswer", short, answer.citations.length);
	return answer.status === "partial" ? `${said}. ${partialNote(answer)}` : said;
}

// That only a part was found, and which part was not.
export function partialNote({ missing }) {
	return missing.length ? `${t("partialTitle")} ${t("partialMissing", missing)}` : t("partialTitle");
}

// How sure, and whose words: never a number.
export function wording(answer) {
	const whose = answer.sentences.every((sentence) => sentence.support === "verbatim") ? "extractive" : "llm";
	return joined(t(`confidence_${answer.confidence.label}`), t(`wording_${whose}`));
}

// Verbatim when at least one sentence is this quote word for word.
export function supportWords({ number }, { sentences }) {
	const exact = sentences.some(({ support, citations }) => support === "verbatim" && citations.includes(number));
	return t(exact ? "support_verbatim" : "support_supported");
}

export const languageOf = (text) => (/\p{Script=Han}/u.test(text) ? "zh-Hant" : null);

// A warning in the reader's language.
export function warned(text) {
	const [, code] = /^(llm_\w+): /.exec(text) ?? [];
	const [, count] = /^(\d+) sentences? of the language model /.exec(text) ?? [];
	if (count) return t("leftOut", Number(count));
	if (!code) return t("fault", text, text);
	return t({ llm_unsupported: "llmUnsupported", llm_no_translation: "llmNoTranslation" }[code] ?? "llmFailed");
}

// Where others can read a quote: the public page, or else this server.
export const addressOf = ({ source_url: source, document_id: id, start, end }) =>
	webAddress(source) ?? new URL(documentAddress(id, start, end), location.origin).href;

export function quoteText(citation) {
	const where = [citation.title, sectionWords(citation.section)].filter(Boolean).join(", ");
	return `${t("quoted", citation.quote)}\n${where}\n${addressOf(citation)}`;
}

// {title, text, retriable}: retriable is false when the same request would fail again; missing = what a 404 means here.
export function problem(error, missing = null) {
	const { kind } = error; // offline | unreachable | broken | http
	if (kind !== "http") return { title: t(`title_${kind}`), text: t(`text_${kind}`), retriable: true };
	const said = error.message && t("fault", error.code ?? "", error.message);
	const text = (error.status === 404 && missing) || said || t("unknownError");
	if (error.notReady) return { title: t("notReadyTitle"), text, retriable: true };
	if (error.status === 401) return { title: t("tokenNeededTitle"), text: t("tokenNeededText"), retriable: true };
	if (error.status === 429 || error.status === 503) return { title: t("busyTitle"), text, retriable: true };
	return { title: t("errorTitle"), text, retriable: !(error.status >= 400 && error.status < 500) };
}
