// Light or dark: the system decides until a person chooses; the choice is remembered.
// Loaded render-blocking, so that the first paint has the right colours.

const KEY = "theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

function stored() {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : null;
  } catch {
    return null; // storage is blocked: the system's colours it is
  }
}

function apply(choice) {
  if (choice) document.documentElement.dataset.theme = choice;
  else delete document.documentElement.dataset.theme;
}

const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";

// show(isDark) puts the switch into words and its sign.
export function setUpTheme(toggle, show) {
  const label = () => show(isDark());
  toggle.addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    const systemAgrees = (next === "dark") === dark.matches;
    apply(systemAgrees ? null : next);
    try {
      if (systemAgrees) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, next);
    } catch {
      // not remembered, still switched
    }
    label();
  });
  dark.addEventListener("change", label);
  label();
}

apply(stored());
