"""Everything that relies on internals of uvicorn.

uvicorn has no public API for the following. `tests/unit/test_token_endpoint_uvicorn_server.py` and
`tests/integration/test_endpoint_attacks.py` fail if an update changes these internals.

- `H11Protocol.send_400_response`, `.conn` and `.transport`: to answer a malformed request with
  our error body instead of plain text.
- `H11Protocol.connection_made` and `.loop`: to send a response as one packet.
- `H11Protocol.connection_made`, `.data_received` and `.loop`: to close connections that send no
  request. uvicorn has no timeout for the head of a request, so a few thousand silent connections
  would use up its file descriptors. Remove this when uvicorn has `--timeout-request-start`
  (https://github.com/Kludex/uvicorn/issues/157).
- `Server.startup`: to log the address once the server accepts connections, also with port 0.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from agent.core.log import logger
from agent.core.settings import EndpointSettings
from agent.token_endpoint.errors import ApiError
from agent.token_endpoint.http.error_response import error_response, fallback_for

HEAD_TIMEOUT_S = 10.0
"""How long the headers of a request may take. For the first request, the time starts with the
connection; for later ones, with their first byte. `--keep-alive` limits the idle time."""


class EndpointServer(uvicorn.Server):
    """Logs its address once it accepts connections."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if sockets and not self.should_exit:
            host, port = sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            logger.info(
                "token endpoint started; its API is described at /openapi.json",
                extra={"event": "endpoint_started", "url": f"http://{shown}:{port}"},
            )


class JoinedWrites:
    """A transport that sends what is written in one step of the event loop as one packet.

    uvicorn writes head and body of a response apart: two system calls, and two packets that the
    client wakes up for.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._written: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self._written:
            self._loop.call_soon(self._send)
        self._written.append(data)

    def close(self) -> None:
        self._send()
        self._transport.close()

    def _send(self) -> None:
        if self._written:
            self._transport.write(b"".join(self._written))
            self._written.clear()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class EndpointH11Protocol(H11Protocol):
    """One connection. Answers malformed requests with the standard error body."""

    malformed_response: list[h11.Event]
    head_timeout_s: float

    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(JoinedWrites(transport, self.loop))  # type: ignore[arg-type]
        self._await_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_timer()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        try:
            for event in self.malformed_response:
                self.transport.write(self.conn.send(event) or b"")
        except h11.LocalProtocolError:
            pass  # a response has begun, nothing can be added to it
        self.transport.close()

    def _await_head(self) -> None:
        """Close the connection if the head of its first or of a begun request is late.

        The time for a body is limited when it is read.
        """
        if self.conn.their_state is not h11.IDLE:
            self._cancel_timer()
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_timeout_s, self.transport.close)

    def _cancel_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def http_protocol_for(
    settings: EndpointSettings, *, head_timeout_s: float = HEAD_TIMEOUT_S
) -> type[H11Protocol]:
    """Return the protocol class for uvicorn, with the response to malformed requests prepared."""
    response = error_response(
        ApiError("malformed_request", "this is not valid HTTP, or its headers are too long"),
        fallback_for(settings, None),
    )
    headers = [
        *response.raw_headers,
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"connection", b"close"),
    ]
    events: list[h11.Event] = [
        h11.Response(status_code=response.status_code, headers=headers, reason=b"Bad Request"),
        h11.Data(data=bytes(response.body)),
        h11.EndOfMessage(),
    ]
    members = {"malformed_response": events, "head_timeout_s": head_timeout_s}
    return type("ConfiguredH11Protocol", (EndpointH11Protocol,), members)
