"""`python -m rag` = `rag`."""

from rag.cli import main

main()
