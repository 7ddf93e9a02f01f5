"""The language of the frame around the quotes, and questions in a script that nothing here can read.

Non-scope: translation.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from rag.bm25 import LexicalIndex
from rag.embed import Embedder
from rag.lexical import has_cjk
from rag.types import Question, Reason

# Of the characters of a Chinese, Japanese or Korean question, with documents that can answer it: 99.7 % of 3,524
# questions share half with their paragraph alone (DRCD dev). A text that gives some names in Chinese shares few.
LEAST_SHARED = 0.5

_HAN = ("\u3400", "\u9fff")

_NOT_FOUND = {
    "en": {
        Reason.EMPTY_INDEX: "There is no text to search in.",
        Reason.NO_MATCH: "Not found: the documents say nothing about this.",
        Reason.WEAK_MATCH: "Not found in the documents. The nearest passages are only loosely related.",
        Reason.NOT_ANSWERED: "Not found in the documents. The nearest passages are related but do not answer this.",
        Reason.UNSUPPORTED_LANGUAGE: "Questions in this language cannot be understood yet. Please ask in English.",
        Reason.UNSUPPORTED: "Not found: no sentence that the documents support could be given.",
    },
    "zh-Hant": {
        Reason.EMPTY_INDEX: "目前沒有可供搜尋的文件。",
        Reason.NO_MATCH: "找不到答案：文件中沒有提到這件事。",
        Reason.WEAK_MATCH: "文件中找不到答案，最接近的段落也只是略有相關。",
        Reason.NOT_ANSWERED: "文件中找不到答案。最接近的段落與問題有關，但沒有回答這個問題。",
        Reason.UNSUPPORTED_LANGUAGE: "目前還無法理解這個問題，因此沒有作答。請換個說法，或改用英文提問。",
        Reason.UNSUPPORTED: "找不到答案：沒有任何文件能支持的句子可以回答。",
    },
}


def frame_language(question: Question) -> str:
    """en or zh-Hant: as asked for, else by the script of the question."""
    if question.language != "auto":
        return question.language
    return "zh-Hant" if any(_HAN[0] <= c <= _HAN[1] for c in question.text) else "en"


def not_found_text(reason: Reason, language: str) -> str:
    return _NOT_FOUND[language][reason]


def partial_text(missing: Sequence[str], language: str) -> str:
    """What of the question was not found, in words."""
    if language == "zh-Hant":
        return "文件中找不到：" + "".join(f"「{part}」" for part in missing)
    return "Not found in the documents: " + " ".join(f"“{part}”" for part in missing)


def unreadable(question: str, tokens: Sequence[str], embedder: Embedder, lexical: LexicalIndex) -> bool:
    """True when most letters are of a foreign script, the encoder reads English only and the documents are not in that
    script, but for a name here and there: whatever came back would be chance. `tokens`: those of the question."""
    if not embedder.english_only:
        return False
    letters = [c for c in question if c.isalpha()]
    foreign = [c for c in letters if not c.isascii() and not unicodedata.name(c, "").startswith("LATIN")]
    if 2 * len(foreign) <= len(letters):
        return False
    characters = [token in lexical for token in tokens if has_cjk(token) and len(token) == 1]
    if characters:
        return sum(characters) < LEAST_SHARED * len(characters)
    return not any(token in lexical for token in tokens if not token.isascii())
