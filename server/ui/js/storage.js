// What a person chose, where the browser keeps it.

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
