// The page put together: which part does what, and what each part tells the others.

import { ApiError, getAnswer, useTokenPrompt } from "./api.js";
import { AskBox } from "./ask.js";
import { setUpBar } from "./bar.js";
import { hideCard, setUpCard } from "./card.js";
import { byId, fillIcons } from "./dom.js";
import { setUpKeys } from "./keys.js";
import { Pane } from "./pane.js";
import * as route from "./route.js";
import { t, translate } from "./strings.js";
import { Thread } from "./thread.js";
import { hideNotice, nameModel, notice, welcomeWith } from "./welcome.js";

translate(document);
fillIcons(document);
setUpCard();
useTokenPrompt(async (wasWrong) => (await import("./token.js")).promptForToken(wasWrong));
const box = new AskBox({ onAsk: ask, onStop: () => thread.stop(), asked: () => thread.questions });

const thread = new Thread(
	byId("thread"),
	{ open: openSource, edit: (question) => box.put(question, { focus: true }), ask, pick: pickPassage },
	() => {
		box.busy = thread.isBusy;
		document.body.classList.toggle("is-empty", thread.isEmpty);
		byId("new-thread").hidden = thread.isEmpty;
	},
);

const pane = new Pane({
	openDocument: (known) => openDocument(known),
	onStep: (citation, answer) => openSource(citation, answer, null, { stepped: true }),
	onList: () => openList(null),
	onClose() {
		route.leaveDocument();
		selecting?.stopPicking();
	},
	fallback: () => box.focus(),
});

byId("show-drawer").addEventListener("click", async () => {
	const { openDrawer } = await import("./conversations.js");
	openDrawer({ current: () => thread.conversation, open: openConversation, gone });
});

function gone(id) {
	if (id === null || id === thread.conversation) startAnew();
}

function ask(question) {
	if (thread.isBusy) return;
	pane.forgetOpener();
	if (!pane.isOpen) route.goHome();
	hideNotice(); // if it still holds, the answer says so
	thread.ask(question);
}

// A citation of an answer, or (answer = null) a passage that was looked at.
function openSource(source, answer, opener, { stepped = false } = {}) {
	const { document_id: id, start, end } = source;
	const citation = answer ? source : null;
	const state = { answer: answer?.id ?? null, number: citation?.number ?? null };
	route.enterDocument(route.documentAddress(id, start, end), state);
	return pane.showDocument({ id, start, end, citation, answer }, opener, { stepped });
}

function openDocument({ id }, opener = null) {
	route.enterDocument(route.documentAddress(id), { answer: null, number: null });
	return pane.showDocument({ id, start: null, end: null, citation: null, answer: null }, opener);
}

function openList(opener) {
	selecting?.stopPicking();
	return pane.showList(opener);
}

async function pickPassage(...asked) {
	return (await loadSelecting()).pickFor(...asked);
}

let selecting = null; // loaded with the first selection
async function loadSelecting() {
	selecting ??= await import("./select.js");
	selecting.setUpSelecting({ pane, box, thread, openConversation, openDocument });
	return selecting;
}
document.addEventListener("selectionchange", () => {
	const { anchorNode, focusNode } = getSelection();
	if (!selecting && [anchorNode, focusNode].some((node) => byId("pane-body").contains(node))) loadSelecting();
});

async function openConversation(id) {
	try {
		if (!(await thread.resume(id))) throw new ApiError("http", { status: 404 });
		pane.forgetOpener();
		pane.close();
		route.goHome();
		hideNotice();
		byId("thread").lastElementChild?.scrollIntoView();
		box.focus();
	} catch (error) {
		notice(error, () => openConversation(id), t("conversationMissing"));
		byId("not-ready").scrollIntoView({ block: "center" });
	}
}

const welcome = () => welcomeWith({ ask, open: openDocument, openAll: () => openList(null) });

// What the address asks for, on arrival and on Back and Forward.
async function follow(place, state) {
	if (place.kind === "document") {
		const answer = thread.find(state?.answer)?.view.answer ?? null;
		const citation = answer?.citations.find((known) => known.number === state.number) ?? null;
		await pane.showDocument({ ...place, citation, answer: citation && answer }, null);
		return;
	}
	pane.close();
	if (place.kind === "answer") await showAnswer(place.id);
}

async function showAnswer(id) {
	if (thread.find(id)) return;
	try {
		thread.show(await getAnswer(id));
	} catch (error) {
		notice(error, () => showAnswer(id), t("answerMissing"));
	}
}

function startAnew() {
	pane.forgetOpener();
	pane.close();
	route.goHome();
	thread.clear();
	hideNotice();
	welcome();
}

byId("show-documents").addEventListener("click", (event) => openList(event.currentTarget));
byId("new-thread").addEventListener("click", () => {
	startAnew();
	box.focus();
});

setUpBar({
	answers: () => thread.answers,
	redraw() {
		box.redraw();
		thread.redraw();
		pane.redraw().then(selecting?.show);
		welcome();
	},
});

setUpKeys({ box, pane, find: (node) => thread.turnOf(node)?.view });
addEventListener("keydown", (event) => {
	if (event.key !== "Escape" || event.isComposing || event.defaultPrevented) return;
	if (document.querySelector("dialog[open], :popover-open") || hideCard()) return;
	if (pane.isOpen) pane.close();
	else if (event.target === byId("question")) byId("thread").lastElementChild?.focus({ preventScroll: true });
});
addEventListener("visibilitychange", () => {
	if (document.hidden || thread.isBusy || !thread.conversation) return;
	thread.resume(thread.conversation).catch(() => {}); // what another tab has added
});
route.onBackOrForward(follow);

const arrival = route.place();
if (arrival.kind === "document") route.openedAtDocument();
if (arrival.kind !== "answer" && Thread.left) await thread.resume(Thread.left).catch(() => {});
if (thread.isEmpty) welcome();
else nameModel();
box.start();
follow(arrival, history.state).then(() => {
	if (arrival.kind === "home") box.focus();
});
