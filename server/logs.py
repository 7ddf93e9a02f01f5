"""One JSON line per event on standard error.

Lines carry ids, counts and times. Tracebacks come without the exception's message, which may quote a question.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

FIELDS = ("request_id", "method", "route", "status", "ms", "question")


class JsonLines(logging.Formatter):
    """One record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        line.update((name, record.__dict__[name]) for name in FIELDS if name in record.__dict__)
        if record.exc_info and record.exc_info[1]:
            error = record.exc_info[1]
            line["error"] = type(error).__name__
            line["at"] = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)]
        return json.dumps(line, ensure_ascii=False)


def configure_logging() -> None:
    """Ours from INFO on; everybody else's from ERROR on, uvicorn's access lines (paths, queries) never."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    # On the handler, because a library that sets a level of its own gets past the root's.
    handler.addFilter(lambda record: record.levelno >= logging.ERROR or record.name == "server")
    logging.basicConfig(handlers=[handler], level=logging.ERROR, force=True)
    logging.getLogger("server").setLevel(logging.INFO)
    logging.getLogger("uvicorn.access").disabled = True
