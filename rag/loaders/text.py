"""Plain text: the whole file is the text, without sections."""

from __future__ import annotations

from rag.loaders.characters import decode
from rag.loaders.loaded import Loaded


def load_text(raw: bytes) -> Loaded:
    """Raises: LoaderError."""
    text, notes = decode(raw)
    return Loaded(text, notes=notes)
