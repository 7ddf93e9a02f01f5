"""Answers questions about a folder of documents with verbatim, located quotes.

Start reading at `rag/answer.py`. Importing this package loads nothing heavy: torch, faiss and the
tokenizers come in only through `rag.build`.
"""

__version__ = "0.1.0"
