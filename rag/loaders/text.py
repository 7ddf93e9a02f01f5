"""Plain text: the whole file is the text, without sections."""

from __future__ import annotations

from rag.loaders.loaded import Loaded, decode


def load_text(raw: bytes) -> Loaded:
    """Raises: LoaderError."""
    return Loaded(decode(raw))
