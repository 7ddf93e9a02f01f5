// Dates, places in a document and addresses, in words.

import { locale, region } from "./locale.js";
import { t } from "./strings.js";

const PRECISION = [
	{ year: "numeric" },
	{ year: "numeric", month: "long" },
	{ year: "numeric", month: "long", day: "numeric" },
];

// "2021", "2021-03" or "2021-03-25" as precisely as it is known; anything else as it stands.
export function dateWords(published) {
	if (!published) return null;
	const match = /^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?/.exec(published);
	if (!match) return published;
	const parts = match.slice(1).filter((part) => part !== undefined);
	const day = new Date(Date.UTC(Number(parts[0]), Number(parts[1] ?? 1) - 1, Number(parts[2] ?? 1)));
	return new Intl.DateTimeFormat(region(), { ...PRECISION[parts.length - 1], timeZone: "UTC" }).format(day);
}

// When something was asked, by the reader's own clock.
export const momentWords = (stamp) =>
	new Intl.DateTimeFormat(region(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(stamp));

export function clock(seconds) {
	const whole = Math.floor(seconds);
	const pair = (value) => String(value).padStart(2, "0");
	const hours = Math.floor(whole / 3600);
	const minutes = Math.floor(whole / 60) % 60;
	return hours ? `${hours}:${pair(minutes)}:${pair(whole % 60)}` : `${minutes}:${pair(whole % 60)}`;
}

// Where in the document: heading, page, time; null when nothing is known. Some labels only repeat page or time.
export function sectionWords(section) {
	if (!section) return null;
	const { label, page, time_s: time } = section;
	const repeats =
		(page !== null && new RegExp(`^(p|pp|page|第)?[\\s.]*${page}\\s*頁?$`, "i").test(label)) ||
		(time !== null && label === clock(time));
	const parts = [!repeats && label, page !== null && t("page", page), time !== null && t("atTime", clock(time))];
	return parts.filter(Boolean).join(", ") || null;
}

// The name of a language that is not the page's own; null for the page's own and for an unknown one.
export function foreignName(tag) {
	if (!tag || tag.split("-")[0].toLowerCase() === locale.split("-")[0]) return null;
	try {
		return new Intl.DisplayNames([region()], { type: "language" }).of(tag);
	} catch {
		return null;
	}
}

export const joined = (...parts) => parts.filter(Boolean).join(" · ");

// An address that may be offered as a link: http and https only.
export function webAddress(address) {
	if (!address) return null;
	try {
		return /^https?:$/.test(new URL(address).protocol) ? address : null;
	} catch {
		return null;
	}
}
