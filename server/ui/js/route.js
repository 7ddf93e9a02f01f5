// What the address says: /documents/{id}?start&end, /answers/{id}, or the thread itself.
// An open document is one step of the history, however many are looked at before it is closed.

let settled = Promise.resolve(); // a step back takes a moment: the next step waits for it

export function place(address = location) {
	const [, kind, name] = /^\/(documents|answers)\/([^/]+)\/?$/.exec(address.pathname) ?? [];
	if (!kind) return { kind: "home" };
	let id;
	try {
		id = decodeURIComponent(name);
	} catch {
		return { kind: "home" };
	}
	if (kind === "answers") return { kind: "answer", id };
	const query = new URLSearchParams(address.search);
	const [start, end] = [query.get("start"), query.get("end")];
	const whole = ![start, end].every((value) => /^\d{1,12}$/.test(value ?? ""));
	return { kind: "document", id, start: whole ? null : Number(start), end: whole ? null : Number(end) };
}

export const documentAddress = (id, start = null, end = null) =>
	`/documents/${encodeURIComponent(id)}${start === null ? "" : `?start=${start}&end=${end}`}`;

export const answerAddress = (id) => `/answers/${encodeURIComponent(id)}`;

// The page was opened at a document: closing it has nothing to go back to.
export function openedAtDocument() {
	history.replaceState({ pane: true, first: true }, "");
}

export async function enterDocument(address, state) {
	await settled;
	if (history.state?.pane) history.replaceState({ ...history.state, ...state }, "", address);
	else history.pushState({ pane: true, ...state }, "", address);
}

export function leaveDocument() {
	if (!history.state?.pane) return;
	if (history.state.first) {
		history.replaceState(null, "", "/");
		return;
	}
	settled = new Promise((resolve) => addEventListener("popstate", resolve, { once: true }));
	history.back();
}

export function goHome() {
	if (location.pathname !== "/") history.pushState(null, "", "/");
}

export function onBackOrForward(listener) {
	history.scrollRestoration = "manual"; // the page itself puts focus and scroll back
	addEventListener("popstate", () => listener(place(), history.state));
}
