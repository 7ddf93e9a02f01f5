"""Reads files into canonical text and labelled sections, one module per format.

`folder` walks the corpus, `document` makes one document of one file's bytes, `sandbox` runs the format's
loader (`table`) in a child process. Quotes are cut from the canonical text later, character by character.
"""

from __future__ import annotations

# Part of what decides whether a document must be read again; raise it when a loader's output changes.
LOADERS_VERSION = 3
