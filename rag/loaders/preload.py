"""What the server of the sandbox does once so that its children need not: imports every parser, fills caches.

Non-scope: anything else; nothing but the server imports this.
"""

from __future__ import annotations

from rag.loaders.table import LOADERS

# trafilatura reads the stop words of a hundred languages with its first page: a quarter of a second.
LOADERS[".html"](b"<p>One page.</p>")
