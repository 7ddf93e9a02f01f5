"""Text as Markdown that shows it as it is, for clients that render what they are given.

Non-scope: the page, which renders nothing and exports by rules of its own (`server/ui/js/export.js`).
"""

from __future__ import annotations

import re

from rag.check import INVISIBLE

# A tag or an entity. As entities, because some clients look for tags such as <think> before they read Markdown.
_HTML = re.compile(r"<(?=[a-zA-Z/!?])|&(?=#?\w+;)")
_ENTITIES = {"<": "&lt;", "&": "&amp;"}
# Links, images and footnotes begin with a bracket, as do our own numbers; emphasis, code, headings, quotes and lists.
_MARKS = re.compile(r"[\\`*\[~]|(?<!\w)_|_(?!\w)|^[#>+=-]|(?<=^\d)[.)]|(?<=^\d\d)[.)]")


def escaped(text: str) -> str:
    """`text` in one line, without characters that nobody sees, and with nothing in it that becomes markup."""
    line = " ".join(INVISIBLE.sub("", text).split())
    return _MARKS.sub(r"\\\g<0>", _HTML.sub(lambda found: _ENTITIES[found[0]], line))
