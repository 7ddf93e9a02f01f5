// Answers as plain text and as Markdown, with their quotes as footnotes: for a letter, a message, a file.

import { dateWords, sectionWords } from "./format.js";
import { t } from "./strings.js";
import { addressOf, quoteText } from "./words.js";

const shortLines = (answer, line) => answer.short_answers.map(line).join("\n");
const parts = (...all) => all.filter(Boolean).join("\n\n");

export function withFootnotes(answer) {
	const short = shortLines(answer, ({ text, citation }) => `${text} [${citation}]`);
	const notes = answer.citations.map((citation) => `[${citation.number}] ${quoteText(citation)}`);
	return parts(answer.question, short, answer.answer, ...notes);
}

// What comes from documents and people is text: nothing in it becomes markup.
const plain = (text) => text.replace(/[\\`*_[\]<>#|~!]/g, "\\$&").replace(/\s*\n\s*/g, " ").replace(/^([-+=]|\d+\.)/, "\\$1");

// Footnote names are made unique by `prefix` where several answers share a file.
export function markdown(answer, prefix = "") {
	const note = (number) => `[^${prefix}${number}]`;
	const short = shortLines(answer, ({ text, citation }) => `**${plain(text)}** ${note(citation)}\n`);
	const sentences = answer.sentences.map(({ text, citations }) => plain(text.trim()) + citations.map(note).join(""));
	const said = sentences.length ? sentences.join(" ") : plain(answer.answer);
	const missing = answer.missing.length > 0 && plain(t("partialMissing", answer.missing));
	const notes = answer.citations.map((citation) => {
		const where = [plain(citation.title), sectionWords(citation.section)].filter(Boolean).join(", ");
		return `${note(citation.number)}: ${t("quoted", plain(citation.quote))} ${where}, <${addressOf(citation).replace(/[<>\s]/g, encodeURIComponent)}>`;
	});
	return parts(`## ${plain(answer.question)}`, short.trim(), said, missing, notes.join("\n"));
}

export function conversationMarkdown(answers) {
	const today = dateWords(new Date().toISOString().slice(0, 10));
	const snapshots = [...new Set(answers.map((answer) => answer.index.snapshot))];
	const head = `# ${plain(answers[0].question)}`;
	const made = [t("exported", today), ...snapshots.map((name) => t("indexAt", name))].join(" · ");
	return `${parts(head, made, ...answers.map((answer, index) => markdown(answer, `${index + 1}-`)))}\n`;
}
