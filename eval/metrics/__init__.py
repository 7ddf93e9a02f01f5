"""The numbers, each a small function with its definition, range and source.

Non-scope: which questions count and where an answer comes from (`eval/judge.py`, `eval/summary.py`).
"""
