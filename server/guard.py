"""uvicorn's HTTP/1.1 protocol with deadlines: for a client that dawdles over its request, or over reading the answer.

uvicorn itself waits without end. Deadlines are for the whole of a phase, so one byte now and then does not help.
Also gives what h11 refuses the one error shape.
"""

from __future__ import annotations

import asyncio
import logging
import sys

import h11
from starlette.datastructures import MutableHeaders
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from server.envelope import add_headers, new_request_id
from server.errors import Problem

log = logging.getLogger("server")


class GuardedProtocol(H11Protocol):
    """Closes the connection when a deadline passes; what runs for it then sees a disconnect."""

    headers_s = 10.0  # from the connection, or the end of the last request, to the last header
    body_s = 30.0  # from the last header to the last byte of the body
    write_s = 30.0  # for the client to take what is buffered

    _deadline: asyncio.TimerHandle | None = None
    _write_deadline: asyncio.TimerHandle | None = None
    _phase: tuple[object, object] | None = None  # (request, state of the client's side)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        for timer in (self._deadline, self._write_deadline):
            if timer is not None:
                timer.cancel()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._write_deadline = self.loop.call_later(self.write_s, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._write_deadline is not None:
            self._write_deadline.cancel()

    def _watch(self) -> None:
        """Starts the clock of a new phase; within a phase it runs on."""
        phase = (self.cycle, self.conn.their_state)
        if phase == self._phase:
            return
        self._phase = phase
        if self._deadline is not None:
            self._deadline.cancel()
        seconds = {h11.IDLE: self.headers_s, h11.SEND_BODY: self.body_s}.get(self.conn.their_state)
        if seconds is not None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def send_400_response(self, msg: str) -> None:
        """Called while h11's exception is handled; 431 where that says so, else 400. `msg` is not used."""
        refusal = sys.exc_info()[1]
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            status = refusal.error_status_hint if isinstance(refusal, h11.RemoteProtocolError) else 400
            self._send_problem(_PROBLEMS.get(status, _PROBLEMS[400]))
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # what it still sends must not follow the refusal
        self.transport.close()

    def _send_problem(self, problem: Problem) -> None:
        request_id = new_request_id()
        response = problem.response(request_id)
        add_headers(MutableHeaders(raw=response.raw_headers), request_id)
        start = h11.Response(
            status_code=problem.status, headers=response.raw_headers, reason=STATUS_PHRASES[problem.status]
        )
        for event in (start, h11.Data(data=bytes(response.body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        log.info("request", extra={"request_id": request_id, "status": problem.status})


_CLOSE = {"Connection": "close"}
_PROBLEMS = {
    400: Problem(400, "bad_request", "This is not a valid HTTP request.", None, _CLOSE),
    431: Problem(431, "headers_too_large", "The headers are too large.", None, _CLOSE),
}
