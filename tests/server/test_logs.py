from __future__ import annotations

import json
import logging
import subprocess
import sys

from server.logs import JsonLines

CANARY = "canary7f3a"


def line_of(**fields: object) -> dict[str, object]:
    record = logging.LogRecord("server", logging.INFO, __file__, 1, "request", None, None)
    record.__dict__.update(fields)
    return json.loads(JsonLines().format(record))


def test_fields_that_are_known_and_no_others():
    line = line_of(request_id="req_1", status=200, ms=1.5, body=CANARY)
    assert list(line) == ["time", "level", "event", "request_id", "status", "ms"]
    assert (line["level"], line["event"], line["status"]) == ("info", "request", 200)


def test_one_line_whatever_it_holds():
    record = logging.LogRecord("server", logging.INFO, __file__, 1, "a\nb\r\u2028%s", ("\x1b[2J",), None)
    assert len(JsonLines().format(record).split("\n")) == 1
    assert "\x1b" not in JsonLines().format(record)


def test_an_exception_is_told_without_its_message():
    try:
        raise ValueError(CANARY)
    except ValueError:
        line = line_of(exc_info=sys.exc_info())
    assert line["error"] == "ValueError"
    assert "test_an_exception_is_told" in str(line["at"])
    assert CANARY not in json.dumps(line)


def test_configured_loggers():
    program = (
        "import logging; from server.logs import configure_logging; configure_logging()\n"
        "logging.getLogger('server').info('ours')\n"
        "logging.getLogger('uvicorn.error').warning('noise')\n"
        "chatty = logging.getLogger('chatty'); chatty.setLevel(logging.DEBUG); chatty.debug('noise')\n"
        "logging.getLogger('uvicorn.access').error('path and query')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert [json.loads(line)["event"] for line in done.stderr.splitlines()] == ["ours"]
