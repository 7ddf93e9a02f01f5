"""Trains the extractive reader. Imports `rag`; `rag` never imports it. Needs torch and transformers."""
