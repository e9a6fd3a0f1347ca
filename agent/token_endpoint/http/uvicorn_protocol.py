"""The wire below HTTP: what cannot be read as a request is answered too, and never waited for.

It reads no request and knows no route; uvicorn's h11 protocol does the work.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from agent.core.settings import EndpointSettings
from agent.token_endpoint.errors import ApiError
from agent.token_endpoint.http.error_response import error_response, fallback_for

HEAD_TIMEOUT_S = 10.0
"""How long the head of a request may take, from its connection or its first byte. uvicorn would
wait for ever: a few thousand connections that say nothing would be all there are."""


class GreeterH11Protocol(H11Protocol):
    """One connection. What is no HTTP is answered in the shape of every other error."""

    refusal: list[h11.Event]
    head_timeout_s: float

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        try:
            for event in self.refusal:
                self.transport.write(self.conn.send(event) or b"")
        except h11.LocalProtocolError:
            pass  # an answer has begun: nothing can be added to it
        self.transport.close()

    def _wait_for_head(self) -> None:
        """Hang up where the next request does not begin in time; a body's time is the route's."""
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._waiting is None:
            self._waiting = self.loop.call_later(self.head_timeout_s, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


def http_protocol_for(
    settings: EndpointSettings, *, head_timeout_s: float = HEAD_TIMEOUT_S
) -> type[H11Protocol]:
    """The protocol for uvicorn, with the answer made once.

    Args:
        head_timeout_s: see HEAD_TIMEOUT_S.
    """
    answer = error_response(
        ApiError("malformed_request", "this is no HTTP request, or its head is too long"),
        fallback_for(settings, None),
    )
    headers = [
        *answer.raw_headers,
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"connection", b"close"),
    ]
    said: list[h11.Event] = [
        h11.Response(status_code=answer.status_code, headers=headers, reason=b"Bad Request"),
        h11.Data(data=bytes(answer.body)),
        h11.EndOfMessage(),
    ]
    members = {"refusal": said, "head_timeout_s": head_timeout_s}
    return type("WireOfTheseSettings", (GreeterH11Protocol,), members)
