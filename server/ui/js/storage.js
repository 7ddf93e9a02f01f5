// What a person chose, kept in this browser; where the browser keeps nothing, it holds until the page is left.

export function remembered(key) {
	try {
		return localStorage.getItem(key);
	} catch {
		return null;
	}
}

// null forgets.
export function remember(key, value) {
	try {
		if (value === null) localStorage.removeItem(key);
		else localStorage.setItem(key, value);
	} catch {
		// not kept, still in force
	}
}
