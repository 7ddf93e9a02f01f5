"""Texts of documents and people on a terminal, which obeys some characters. Non-scope: what is printed."""

from __future__ import annotations


def printable(text: str, keep: str = "") -> str:
    """`text` without the control characters that a terminal would obey."""
    return "".join(c if c.isprintable() or c in keep or c == "\u00a0" else "\ufffd" for c in text)
