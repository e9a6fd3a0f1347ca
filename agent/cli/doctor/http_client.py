"""HTTP client of the checks: one request with a time limit; every failure explains itself."""

from __future__ import annotations

import asyncio
import errno
import json
import ssl
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from agent.core.http_session import proxy_for, read_at_most

REQUEST_TIMEOUT_S = 4.0
"""For one request and its response together."""
_BODY_MAX = 4 * 1024 * 1024


class NoResponse(Exception):
    """The server did not respond, or refused a WebSocket.

    Args:
        what: why, as in `nothing listens at 127.0.0.1:7880`.
        fix: what the operator should do.
        refused: nothing listens at the address.
        status: with which it refused the WebSocket.
    """

    def __init__(
        self, what: str, fix: str, *, refused: bool = False, status: int | None = None
    ) -> None:
        super().__init__(what)
        self.what, self.fix, self.refused, self.status = what, fix, refused, status


@dataclass(frozen=True, kw_only=True)
class Response:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    """aiohttp's, which finds a name in any case."""

    def json(self) -> Any:
        """Return the body as JSON; None if it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def value(self, *names: str) -> Any:
        """Return a value of the JSON object in the body, or of an object in it; None without."""
        found = self.json()
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        return found

    @property
    def text(self) -> str:
        """The body, to search for words; never show it: it may contain a token."""
        return self.body.decode(errors="replace")


class HttpClient:
    """Sends the requests, and compares the clocks of the servers that respond."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http
        self.clock_offsets: dict[str, float] = {}
        """Seconds by which this machine's clock is ahead of each server's clock."""

    async def request(
        self,
        server: str,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Response:
        """Send one request, without retries and without following redirects.

        Args:
            server: the name of the server in the report.

        Raises:
            NoResponse: the server did not respond; says what to do about it.
        """
        with connection_errors(url):
            async with self._http.request(
                method,
                url,
                headers=headers,
                data=body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_S),
            ) as response:
                self._note_clock(server, response.headers.get("Date", ""))
                content = await read_at_most(response, _BODY_MAX)
                return Response(status=response.status, body=content, headers=response.headers)

    @asynccontextmanager
    async def web_socket(
        self, url: str, headers: Mapping[str, str]
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Open a WebSocket for at most `REQUEST_TIMEOUT_S`.

        Raises:
            NoResponse: the server did not respond, or refused it; says what to do about it.
        """
        with connection_errors(url):
            async with (
                asyncio.timeout(REQUEST_TIMEOUT_S),
                self._http.ws_connect(url, headers=headers) as connection,
            ):
                yield connection

    def _note_clock(self, server: str, date: str) -> None:
        try:
            theirs = parsedate_to_datetime(date).timestamp()
        except (ValueError, TypeError):
            return
        # The header has whole seconds: on average, half a second is missing.
        self.clock_offsets[server] = time.time() - theirs - 0.5


@contextmanager
def connection_errors(url: str) -> Iterator[None]:
    """Raise NoResponse for every error of a connection to `url`."""
    try:
        yield
    except (aiohttp.ClientError, OSError, UnicodeError) as e:
        raise _explained(e, url) from None


def _explained(error: Exception, url: str) -> NoResponse:
    host = host_and_port(url)
    cause = getattr(error, "os_error", error)
    match error:
        case TimeoutError():
            return NoResponse(
                f"{host} did not answer within {REQUEST_TIMEOUT_S:g} s",
                "the server hangs, or a firewall drops the packets: try curl from this machine",
            )
        case aiohttp.WSServerHandshakeError():
            return NoResponse(
                f"{host} does not open a WebSocket (HTTP {error.status})",
                "a proxy on the way must pass WebSocket upgrades (of LiveKit: /rtc and /agent)",
                status=error.status,
            )
        case aiohttp.ClientSSLError() if isinstance(
            error, aiohttp.ClientConnectorCertificateError
        ) or isinstance(error.__cause__, ssl.SSLCertVerificationError):
            return NoResponse(
                f"the certificate of {host} is not valid",
                "it has expired, is for another name, or is self-signed: use a certificate of a "
                "public authority, and check the clock and the CA certificates of this machine",
            )
        case aiohttp.ClientSSLError():
            return NoResponse(
                f"{host} does not use TLS",
                "check scheme and port: wss:// and https:// need TLS, ws:// and http:// do not",
            )
        case aiohttp.InvalidURL() if proxy_for(url):
            # Never show it: it may contain a password.
            return NoResponse(
                "the proxy of HTTPS_PROXY or HTTP_PROXY is not a valid URL",
                "write it as http://host:port, or unset the variable",
            )
        # The last two mean that the name is not valid.
        case aiohttp.ClientConnectorDNSError() | aiohttp.InvalidURL() | UnicodeError():
            return NoResponse(
                f"the name {urlsplit(url).hostname or url} cannot be resolved",
                "check its spelling, and the DNS and network of this machine",
            )
        case aiohttp.ClientProxyConnectionError() | aiohttp.ClientHttpProxyError():
            status = getattr(error, "status", None)
            return NoResponse(
                f"the connection to {host} through the proxy {host_and_port(proxy_for(url))} "
                + (f"refused ({status})" if status else "failed"),
                "correct HTTPS_PROXY or HTTP_PROXY, or list the host in NO_PROXY",
            )
        case _ if getattr(cause, "errno", None) == errno.ECONNREFUSED:
            return NoResponse(
                f"nothing listens at {host}",
                "check host and port, and that the server runs",
                refused=True,
            )
        case _ if getattr(cause, "errno", None) in (errno.ENETUNREACH, errno.EHOSTUNREACH):
            return NoResponse(
                f"there is no route to {host} from this machine",
                "check the network, its routes and the firewall",
            )
    return NoResponse(
        f"{host} closed the connection without an answer ({type(cause).__name__})",
        "check the port, and any proxy or firewall on the way",
    )


def host_and_port(url: str) -> str:
    """Return host and port of an address, without user, password, path and query."""
    try:
        return URL(url).host_port_subcomponent or ""
    except ValueError:
        return "the address"


def https_url(url: str) -> str:
    """Turn `wss://host` into `https://host`."""
    return "http" + url.removeprefix("ws")
