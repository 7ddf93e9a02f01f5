"""The loader of each format. Only child processes import this: it loads every parser.

Non-scope: which files are read (`formats`).
"""

from __future__ import annotations

from collections.abc import Callable

from rag.loaders.docx import load_docx
from rag.loaders.html import load_html
from rag.loaders.loaded import Loaded
from rag.loaders.markdown import load_markdown
from rag.loaders.pdf import load_pdf
from rag.loaders.srt import load_srt
from rag.loaders.text import load_text
from rag.loaders.vtt import load_vtt

LOADERS: dict[str, Callable[[bytes], Loaded]] = {
    ".docx": load_docx,
    ".htm": load_html,
    ".html": load_html,
    ".md": load_markdown,
    ".pdf": load_pdf,
    ".srt": load_srt,
    ".txt": load_text,
    ".vtt": load_vtt,
}
