"""Errors of the evaluation; each message says what to do next.

EvalError             shown to the person, exit code 2
├── DatasetError      a question or a data set that cannot be used: names the file and the line
├── ResultsError      a results file or baseline that cannot be read or compared
└── AskError          one question got no answer: counted as failed, never dropped
"""

from __future__ import annotations


class EvalError(Exception):
    """Base class; `str(error)` is for a person."""


class DatasetError(EvalError):
    pass


class ResultsError(EvalError):
    pass


class AskError(EvalError):
    pass
