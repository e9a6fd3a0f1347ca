"""Everything that relies on internals of uvicorn.

uvicorn has no public API for the following. `tests/unit/test_token_endpoint_uvicorn_server.py` and
`tests/integration/test_endpoint_attacks.py` fail if an update changes these internals.

- `HttpToolsProtocol.send_400_response`, `.cycle` and `.transport`: to answer a malformed request
  with our error body instead of plain text.
- `HttpToolsProtocol.connection_made` and `.loop`: to send a response as one packet.
- Its callbacks, `.parser`, `.headers` and `.url`: to limit the size of a request's head, which
  httptools does not, and to require one Host header.
- `HttpToolsProtocol.connection_made`, `.data_received` and `.loop`: to close connections that send
  no request. uvicorn has no timeout for the head of a request, so a few thousand silent connections
  would use up its file descriptors. Remove this when uvicorn has `--timeout-request-start`
  (https://github.com/Kludex/uvicorn/issues/157).
- `HttpToolsProtocol.connections`: to close connections that would use up the file descriptors.
- `Server.startup`: to log the address once the server accepts connections, also with port 0.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any, ClassVar

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from agent.core.log import logger
from agent.core.settings import EndpointSettings
from agent.token_endpoint.errors import ApiError
from agent.token_endpoint.http.responses import error_response, fallback_for

HEAD_TIMEOUT_S = 10.0
"""How long the headers of a request may take. For the first request, the time starts with the
connection; for later ones, with their first byte. `--keep-alive` limits the idle time."""
_WARN_EVERY_S = 60.0
_HEAD_MAX = 64 * 1024
"""Bytes of a request that are not its body: request line, headers, sizes of chunks, trailers."""


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


class EndpointHttpProtocol(HttpToolsProtocol):
    """One connection. Answers malformed requests with the standard error body."""

    malformed_response: bytes
    connections_max: int
    warn_from: ClassVar[float] = 0.0
    """When to log the next warning of too many connections, by the event loop's clock."""

    _head_timer: asyncio.TimerHandle | None = None
    _in_head = True
    """The headers of the current request are not complete."""
    _overhead = 0
    """Bytes of the current request so far that are not its body."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(JoinedWrites(transport, self.loop))  # type: ignore[arg-type]
        if len(self.connections) > self.connections_max:
            self.transport.close()
            self._warn_of_connections()
            return
        self._await_head()

    def _warn_of_connections(self) -> None:
        kind, now = type(self), self.loop.time()
        if now < kind.warn_from:
            return
        kind.warn_from = now + _WARN_EVERY_S
        logger.warning(
            "too many connections; closing new ones. Limit connections at your proxy, or raise the "
            "limit of open files (LimitNOFILE, ulimit -n)",
            extra={"event": "connections_full", "maximum": self.connections_max},
        )

    def data_received(self, data: bytes) -> None:
        self._overhead += len(data)
        super().data_received(data)
        if self._overhead > _HEAD_MAX and not self.transport.is_closing():
            self.send_400_response("")
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_timer()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # a trailer must not become a header
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        hosts = sum(name == b"host" for name, _ in self.headers)
        if size > _HEAD_MAX or hosts > 1 or (not hosts and self.parser.get_http_version() != "1.0"):
            raise ValueError  # httptools raises HttpParserError, and uvicorn sends the 400
        super().on_headers_complete()
        if self.parser.should_upgrade():
            self.cycle.keep_alive = False  # the parser reads no further request

    def on_body(self, body: bytes) -> None:
        self._overhead -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._overhead = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        cycle = self.cycle
        if (
            cycle is None
            or cycle.response_complete
            or (cycle.more_body and not cycle.response_started)
        ):
            self.transport.write(self.malformed_response)
        self.transport.close()

    def _await_head(self) -> None:
        """Close the connection if the head of its first or of a begun request is late.

        The time for a body is limited when it is read.
        """
        if not (self._in_head or self.cycle is None or self.cycle.response_complete):
            self._cancel_timer()
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self.transport.close)

    def _cancel_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def http_protocol_for(
    settings: EndpointSettings, *, connections_max: int
) -> type[EndpointHttpProtocol]:
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
    lines = [b"HTTP/1.1 400 Bad Request", *(b": ".join(header) for header in headers), b"", b""]
    members = {
        "malformed_response": b"\r\n".join(lines) + bytes(response.body),
        "connections_max": connections_max,
    }
    return type("ConfiguredHttpProtocol", (EndpointHttpProtocol,), members)
