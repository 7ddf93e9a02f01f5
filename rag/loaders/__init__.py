"""Reads files into canonical text and labelled sections, one module per format.

A loader never changes the characters of a file: quotes are cut from them later.
"""

from __future__ import annotations

from collections.abc import Callable

from rag.loaders.loaded import Loaded
from rag.loaders.markdown import load_markdown
from rag.loaders.text import load_text

LOADERS: dict[str, Callable[[bytes], Loaded]] = {".md": load_markdown, ".txt": load_text}

# Part of what decides whether a document must be read again; raise it when a loader's output changes.
LOADERS_VERSION = 1
