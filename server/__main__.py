"""`python -m server`: settings from the environment, then serves until stopped.

Exit codes: 2 it could not start (a bad setting, the address taken or refused), 0 stopped by Ctrl-C;
SIGTERM ends it as a signal does, after running requests have had their time.
"""

from __future__ import annotations

import math
import os
import socket
import sys
from contextlib import suppress

import uvicorn
from fastapi import FastAPI

from rag.build import Reopener
from rag.errors import SettingsError
from rag.settings import Settings, read_settings
from server.app import create_app
from server.guard import GuardedProtocol
from server.logs import configure_logging

KEEP_ALIVE_S = 5


def main() -> int:
    configure_logging()
    try:
        settings = read_settings(os.environ)
        app = create_app(settings, Reopener(settings))
        listener = bind(settings.host, settings.port)
    except SettingsError as error:
        print(f"event-rag cannot start: {error}", file=sys.stderr)
        return 2
    if settings.log_questions:
        print("Questions are written into the log (RAG_LOG_QUESTIONS).", file=sys.stderr)
    with suppress(KeyboardInterrupt):
        AnnouncingServer(server_config(app, settings)).run(sockets=[listener])
    return 0


def bind(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises: SettingsError saying which setting to change.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.create_server(address[:2], family=family, backlog=2048)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (")[0]
        raise SettingsError(
            f"{host}:{port} cannot be bound ({reason}). Set another RAG_PORT (0 takes any free one) or RAG_HOST."
        ) from None
    # Its connections inherit this. asyncio sets it only on sockets that were made with a protocol number; without it
    # every answer after the first on a connection waits some 40 ms for the client to acknowledge its headers.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def server_config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """Our own logging, no access lines, no forwarded headers, no WebSockets; slow clients are cut."""
    return uvicorn.Config(
        app,
        http=GuardedProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=math.ceil(settings.shutdown_s),
    )


class AnnouncingServer(uvicorn.Server):
    """Says where it listens, once it does."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or []:
            host, port = listener.getsockname()[:2]
            print(f"Serving on http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
