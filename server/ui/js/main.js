// First what can be seen, then what it does.

import { fillIcons } from "./dom.js";
import "./early.js";
import { translate } from "./strings.js";

translate(document);
fillIcons(document);
requestAnimationFrame(() => setTimeout(() => import("./page.js")));
