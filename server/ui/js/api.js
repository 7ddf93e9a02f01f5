// The page's calls to its own server, and nothing else's. Every failure becomes an ApiError.

import { readEvents } from "./sse.js";

const TOKEN_KEY = "token";
let askForToken = async () => null; // (wasWrong) => token or null; set by the page

export class ApiError extends Error {
	// kind: offline | unreachable | broken | http
	constructor(kind, { status = 0, code = null, message = "", requestId = null } = {}) {
		super(message);
		Object.assign(this, { kind, status, code, requestId });
	}

	get notReady() {
		return /^(index|model)_/.test(this.code ?? "");
	}
}

export function useTokenPrompt(prompt) {
	askForToken = prompt;
}

const token = () => sessionStorage.getItem(TOKEN_KEY);

async function send(path, options) {
	const headers = { ...options.headers };
	if (token()) headers.Authorization = `Bearer ${token()}`;
	try {
		return await fetch(path, { ...options, headers, credentials: "same-origin", cache: "no-store" });
	} catch (error) {
		if (error.name === "AbortError") throw error;
		throw new ApiError(navigator.onLine ? "unreachable" : "offline");
	}
}

// One request; asks for a token as often as the server wants another one.
async function request(path, options = {}) {
	while (true) {
		const used = token();
		const response = await send(path, options);
		if (response.ok) return response;
		const error = errorOf(await response.json().catch(() => null), response.status);
		if (error.status !== 401) throw error;
		if (token() !== used) continue; // another request has just been given one
		const given = await askForToken(used !== null);
		if (given === null) throw error;
		sessionStorage.setItem(TOKEN_KEY, given);
	}
}

function errorOf(body, status = 0) {
	const error = body?.error ?? {};
	return new ApiError("http", {
		status,
		code: error.code ?? null,
		message: typeof error.message === "string" ? error.message : "",
		requestId: error.request_id ?? null,
	});
}

export async function change(method, path, body) {
	const headers = { Accept: "application/json", ...(body && { "Content-Type": "application/json" }) };
	const response = await request(path, { method, headers, body: body && JSON.stringify(body) });
	return response.status === 204 ? null : response.json();
}

export const getJson = (path) => change("GET", path);

// The events of one answer, {event, data}, up to `final`; an `error` throws. `context`: {history} or {conversation_id}.
export async function* ask(question, context, signal) {
	const response = await request("/ask", {
		method: "POST",
		signal,
		headers: { Accept: "text/event-stream", "Content-Type": "application/json" },
		body: JSON.stringify({ question, ...context }),
	});
	try {
		for await (const { event, data } of readEvents(response.body)) {
			const value = JSON.parse(data);
			if (event === "error") throw errorOf(value);
			yield { event, data: value };
			if (event === "final") return;
		}
	} catch (error) {
		if (error.name === "AbortError" || error instanceof ApiError) throw error;
		throw new ApiError("broken"); // the connection was cut, or what came was no event
	}
	throw new ApiError("broken");
}

let documents = null; // the promise of the list: it is asked for once, and again after a failure

export function listDocuments({ again = false } = {}) {
	if (again || !documents) {
		documents = getJson("/documents").then((body) => body.documents);
		documents.catch(() => (documents = null));
	}
	return documents;
}

// What the list says about one document; null when it is not there or the list cannot be had.
export async function aboutDocument(id) {
	const list = await listDocuments().catch(() => []);
	return list.find((document) => document.id === id) ?? null;
}

const at = (id) => `/documents/${encodeURIComponent(id)}`;

export const getDocument = (id) => getJson(at(id));

// {before, quote, after}: without `around` that is the whole document, cut by the server. With `highlight` =
// {start, end} the quote comes in parts, too: {quote_before, highlight, quote_after}.
export function getPassage(id, start, end, { around = null, highlight = null } = {}) {
	const query = new URLSearchParams({ start, end });
	if (around !== null) query.set("around", around);
	if (highlight) {
		query.set("highlight_start", highlight.start);
		query.set("highlight_end", highlight.end);
	}
	return getJson(`${at(id)}/passage?${query}`);
}

export const getAnswer = (id) => getJson(`/answers/${encodeURIComponent(id)}`);

// verdict: right | wrong_answer | wrong_evidence | missing; expected = {document_id, quote} or null.
export const giveFeedback = (id, verdict, comment = "", expected = null) =>
	change("POST", `/answers/${encodeURIComponent(id)}/feedback`, { verdict, comment, expected });

export const getSuggestions = () => getJson("/suggestions").then(({ questions }) => questions);

export const conversationAt = (id) => `/conversations/${encodeURIComponent(id)}`;

// answers: ids of those that it begins with, such as one that came by its link.
export const createConversation = (answers) => change("POST", "/conversations", { title: null, answers });
export const getConversation = (id) => getJson(conversationAt(id));

// Whether questions can be answered: {error, warnings, llm}, error = the ApiError that says why not, llm = {host, model}
// of the language model that passages are sent to, or null.
export async function readiness() {
	try {
		const { warnings, llm } = await getJson("/readyz");
		return { error: null, warnings, llm };
	} catch (error) {
		if (error instanceof ApiError) return { error, warnings: [], llm: null };
		throw error;
	}
}
