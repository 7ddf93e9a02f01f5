// Before the first paint: colours and language. No module, because those run too late for that.
// And Enter sends the question: one that is sent before the page can take it is kept until it can (ask.js).
{
	const root = document.documentElement;
	const remembered = (key) => {
		try {
			return localStorage.getItem(key);
		} catch {
			return null;
		}
	};
	const theme = remembered("theme");
	if (theme) root.dataset.theme = theme;

	const wanted = navigator.languages.map((name) => (/^zh\b/i.test(name) ? "zh-Hant" : name.slice(0, 2).toLowerCase()));
	root.lang = [remembered("language"), ...wanted].find((name) => name === "en" || name === "zh-Hant") ?? "en";
	if (root.lang !== "en") root.dataset.waits = ""; // index.html is English: unseen until strings.js has translated it
	const strings = document.createElement("link");
	strings.rel = "modulepreload";
	strings.href = document.currentScript.src.replace("early", `strings-${root.lang.slice(0, 2)}`);
	document.head.append(strings);

	document.addEventListener("submit", (event) => {
		event.preventDefault();
		event.target.dataset.sent = "";
	});
	document.addEventListener("keydown", (event) => {
		if (event.target.id !== "question" || event.key !== "Enter" || event.shiftKey) return;
		// While a word is being composed (Chinese, Japanese), Enter belongs to the input method.
		if (event.isComposing || event.keyCode === 229) return;
		event.preventDefault();
		event.target.form.requestSubmit();
	});
}
