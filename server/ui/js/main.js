// First what can be seen, then what it does.

import { byId, fillIcons } from "./dom.js";
import { translate } from "./strings.js";

translate(document);
fillIcons(document);
byId("ask").addEventListener("submit", (event) => event.preventDefault());
requestAnimationFrame(() => setTimeout(() => import("./page.js")));
