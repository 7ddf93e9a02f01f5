// Reading server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html
// No reconnecting and no `retry`: an answer is asked for once.

const MAX_EVENT_CHARS = 4 * 1024 * 1024; // far above an answer with 50 passages; a broken server cannot pile up more
const MAX_STREAM_CHARS = 32 * 1024 * 1024;

export class EventParser {
	#rest = ""; // the unfinished line
	#afterReturn = false; // the last chunk ended in \r: a \n that follows belongs to it
	#started = false;
	#event = "";
	#data = [];
	#held = 0; // characters in #data

	constructor(maxChars = MAX_EVENT_CHARS) {
		this.maxChars = maxChars;
	}

	// The events that `text` completes. Throws RangeError when one grows beyond the cap.
	push(text) {
		if (text === "") return [];
		if (!this.#started && text.startsWith("\uFEFF")) text = text.slice(1);
		this.#started = true;
		if (this.#afterReturn && text.startsWith("\n")) text = text.slice(1);
		this.#afterReturn = text === "" ? false : text.endsWith("\r");
		// Only these three end a line: U+2028 and its like may stand raw inside JSON.
		const lines = text.split(/\r\n|\r|\n/);
		lines[0] = this.#rest + lines[0];
		this.#rest = lines.pop();
		const events = [];
		for (const line of lines) {
			if (line !== "") this.#field(line);
			else if (this.#data.length) events.push(this.#take());
			else this.#event = "";
		}
		if (this.#rest.length + this.#held > this.maxChars) throw new RangeError("An event is too large.");
		return events;
	}

	#field(line) {
		const colon = line.indexOf(":");
		if (colon === 0) return; // a comment, sent to keep the connection awake
		const name = colon < 0 ? line : line.slice(0, colon);
		const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
		if (name === "event") this.#event = value;
		else if (name === "data") {
			this.#data.push(value);
			this.#held += value.length;
			if (this.#held > this.maxChars) throw new RangeError("An event is too large.");
		}
	}

	#take() {
		const event = { event: this.#event || "message", data: this.#data.join("\n") };
		this.#event = "";
		this.#data = [];
		this.#held = 0;
		return event;
	}
}

// The events of a response body, one by one. Leaving the loop cancels the request.
export async function* readEvents(body, maxChars = MAX_EVENT_CHARS, maxStream = MAX_STREAM_CHARS) {
	const reader = body.getReader();
	const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
	const parser = new EventParser(maxChars);
	let total = 0;
	try {
		while (true) {
			const { done, value } = await reader.read();
			const text = done ? decoder.decode() : decoder.decode(value, { stream: true });
			total += text.length;
			if (total > maxStream) throw new RangeError("The stream is too large.");
			yield* parser.push(text);
			if (done) return;
		}
	} finally {
		reader.cancel().catch(() => {}); // already closed or aborted: nothing left to cancel
	}
}
