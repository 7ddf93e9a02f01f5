"""`python -m server` as a person starts it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import urlopen

import pytest

from rag.errors import SettingsError
from rag.settings import Settings
from server.__main__ import bind


def environment(settings: Settings, **changes: str) -> dict[str, str]:
    ours = {
        "RAG_CORPUS_DIR": str(settings.corpus_dir),
        "RAG_INDEX_DIR": str(settings.index_dir),
        "RAG_STATE_DIR": str(settings.state_dir),
        "RAG_MODEL": settings.model,
        "RAG_PORT": "0",
    }
    return {**os.environ, **ours, **changes}


@contextmanager
def started(settings: Settings, **changes: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server process and its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "server"],
        env=environment(settings, **changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("Serving on http://")
            yield process, line.split()[-1]
        finally:
            process.kill()


@pytest.mark.parametrize(("stop", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, -signal.SIGTERM)])
def test_it_says_where_it_listens_and_stops_when_told(settings: Settings, stop, code):
    with started(settings) as (process, address):
        with urlopen(f"{address}/readyz") as response:
            assert json.load(response)["status"] == "ready"
            assert "server" not in {name.lower() for name in response.headers}
        process.send_signal(stop)
        out, errors = process.communicate(timeout=15)
        assert (process.returncode, out) == (code, "")
        assert [json.loads(line)["route"] for line in errors.splitlines()] == ["/readyz"]


def test_it_starts_without_an_index_and_says_so(settings: Settings, tmp_path):
    with started(settings, RAG_INDEX_DIR=str(tmp_path / "none")) as (process, address):
        with urlopen(f"{address}/healthz") as response:
            assert response.status == 200
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=15)
        assert "rag ingest" in json.loads(errors.splitlines()[0])["event"]


def test_a_bad_setting_is_one_line(settings: Settings):
    done = subprocess.run(
        [sys.executable, "-m", "server"],
        env=environment(settings, RAG_HOST="0.0.0.0"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert done.stderr.startswith("event-rag cannot start: Other machines could reach 0.0.0.0")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_any_free_port(host):
    with bind(host, 0) as listener:
        assert listener.getsockname()[1] > 0


def test_connections_do_not_wait_to_fill_packets():
    with bind("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("127.0.0.1", r"127.0.0.1:\d+ cannot be bound \(Address already in use\)"),
        ("198.51.100.7", r"cannot be bound \(Cannot assign requested address\)"),
        ("no-such-host.invalid", "cannot be bound"),
    ],
)
def test_an_address_that_cannot_be_bound(host, said):
    with bind("127.0.0.1", 0) as taken, pytest.raises(SettingsError, match=said + r".*RAG_PORT"):
        bind(host, taken.getsockname()[1])


def test_log_questions_is_announced(settings: Settings):
    with started(settings, RAG_LOG_QUESTIONS="on") as (process, _):
        process.send_signal(signal.SIGINT)
        assert "RAG_LOG_QUESTIONS" in process.communicate(timeout=15)[1]
