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

from agent.core.http_session import proxy_for, read_at_most

REQUEST_TIMEOUT_S = 4.0
"""For one request and its response together."""
_BODY_MAX = 4 * 1024 * 1024


class NoResponse(Exception):
    """The server did not respond.

    Args:
        what: why, as in `nothing listens at 127.0.0.1:7880`.
        fix: what the operator should do.
        refused: nothing listens at the address.
    """

    def __init__(self, what: str, fix: str, *, refused: bool = False) -> None:
        super().__init__(what)
        self.what, self.fix, self.refused = what, fix, refused


@dataclass(frozen=True, kw_only=True)
class Response:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """Return the body as JSON; None if it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def text(self) -> str:
        """The body, to search for words; never show it: it may contain a token."""
        return self.body.decode(errors="replace")


class Refused(Exception):
    """A server refused a WebSocket."""

    def __init__(self, status: int) -> None:
        super().__init__(f"refused with status {status}")
        self.status = status


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
                return Response(
                    status=response.status, body=content, headers=dict(response.headers)
                )

    @asynccontextmanager
    async def web_socket(
        self, url: str, headers: Mapping[str, str]
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Open a WebSocket for at most `REQUEST_TIMEOUT_S`.

        Raises:
            Refused: the server answered with another status than 101.
            NoResponse: the server did not respond; says what to do about it.
        """
        with connection_errors(url):
            try:
                async with (
                    asyncio.timeout(REQUEST_TIMEOUT_S),
                    self._http.ws_connect(url, headers=headers) as connection,
                ):
                    yield connection
            except aiohttp.WSServerHandshakeError as e:
                raise Refused(e.status) from None

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
    host = host_and_port(url)
    try:
        yield
    except TimeoutError:
        raise NoResponse(
            f"{host} did not answer within {REQUEST_TIMEOUT_S:g} s",
            "the server hangs, or a firewall drops the packets: try curl from this machine",
        ) from None
    except aiohttp.ClientConnectorCertificateError:
        raise NoResponse(*_invalid_certificate(host)) from None
    except aiohttp.ClientSSLError as e:
        if isinstance(e.__cause__, ssl.SSLCertVerificationError):
            raise NoResponse(*_invalid_certificate(host)) from None
        raise NoResponse(
            f"{host} does not use TLS",
            "check scheme and port: wss:// and https:// need TLS, ws:// and http:// do not",
        ) from None
    except (aiohttp.ClientConnectorDNSError, UnicodeError):  # UnicodeError: no valid name
        raise NoResponse(
            f"the name {urlsplit(url).hostname or url} cannot be resolved",
            "check its spelling, and the DNS and network of this machine",
        ) from None
    except aiohttp.InvalidURL:
        if proxy_for(url):
            # Never show it: it may contain a password.
            raise NoResponse(
                "the proxy of HTTPS_PROXY or HTTP_PROXY is not a valid URL",
                "write it as http://host:port, or unset the variable",
            ) from None
        raise NoResponse("the address is not a valid URL", "check its spelling") from None
    except (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError) as e:
        why = f"refused ({e.status})" if isinstance(e, aiohttp.ClientHttpProxyError) else "failed"
        raise NoResponse(
            f"the connection to {host} through the proxy {host_and_port(proxy_for(url))} {why}",
            "correct HTTPS_PROXY or HTTP_PROXY, or list the host in NO_PROXY",
        ) from None
    except (aiohttp.ClientError, OSError) as e:
        cause = getattr(e, "os_error", e)
        number = getattr(cause, "errno", None)
        if number == errno.ECONNREFUSED:
            raise NoResponse(
                f"nothing listens at {host}",
                "check host and port, and that the server runs",
                refused=True,
            ) from None
        if number in (errno.ENETUNREACH, errno.EHOSTUNREACH):
            raise NoResponse(
                f"there is no route to {host} from this machine",
                "check the network, its routes and the firewall",
            ) from None
        raise NoResponse(
            f"{host} closed the connection without an answer ({type(cause).__name__})",
            "check the port, and any proxy or firewall on the way",
        ) from None


def _invalid_certificate(host: str) -> tuple[str, str]:
    return (
        f"the certificate of {host} is not valid",
        "it has expired, is for another name, or is self-signed: use a certificate of a public "
        "authority, and check the clock and the CA certificates of this machine",
    )


def host_and_port(url: str) -> str:
    """Return host and port of an address, without user, password, path and query."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "the address"
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{port}" if port else host
