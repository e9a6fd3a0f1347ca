"""Answer: one HTTP call to somebody else, bounded, with every way to fail put into words."""

from __future__ import annotations

import errno
import json
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp

CALL_S = 4.0
"""The whole of one call."""
_BODY_MAX = 4 * 1024 * 1024


class NoAnswer(Exception):
    """Nobody answered.

    Args:
        what: why, as in `nothing listens at 127.0.0.1:7880`.
        fix: what to do about it.
        refused: nothing listens there.
    """

    def __init__(self, what: str, fix: str, *, refused: bool = False) -> None:
        super().__init__(what)
        self.what, self.fix, self.refused = what, fix, refused


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def text(self) -> str:
        """To look for words in; never to be shown: it may hold a token."""
        return self.body.decode(errors="replace")


class Caller:
    """Makes the calls, and notes what time those who answer believe it is."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.http = http
        self.skews: dict[str, float] = {}
        """Who answered, and by how many seconds this machine's clock is ahead of theirs."""

    async def ask(
        self,
        who: str,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """One call, not repeated, no redirect followed.

        Raises:
            NoAnswer: with what to do about it.
        """
        with translated(url):
            async with self.http.request(
                method,
                url,
                headers=headers,
                data=body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=CALL_S),
            ) as answer:
                self._note_time(who, answer.headers.get("Date", ""))
                content = b""
                async for chunk in answer.content.iter_chunked(65_536):
                    content += chunk
                    if len(content) > _BODY_MAX:
                        break
                return Answer(status=answer.status, body=content, headers=dict(answer.headers))

    def _note_time(self, who: str, date: str) -> None:
        try:
            theirs = parsedate_to_datetime(date).timestamp()
        except (ValueError, TypeError):
            return
        # Theirs is cut to the second: on the average half a second has gone by.
        self.skews[who] = time.time() - theirs - 0.5


@contextmanager
def translated(url: str) -> Iterator[None]:
    """Whatever keeps a connection from being made, as NoAnswer."""
    host = shown(url)
    try:
        yield
    except TimeoutError:
        raise NoAnswer(
            f"{host} did not answer within {CALL_S:g} s",
            "it hangs, or a firewall drops what is sent: try it with curl from this machine",
        ) from None
    except aiohttp.ClientConnectorCertificateError:
        raise NoAnswer(*_bad_certificate(host)) from None
    except aiohttp.ClientSSLError as e:
        if isinstance(e.__cause__, ssl.SSLCertVerificationError):
            raise NoAnswer(*_bad_certificate(host)) from None
        raise NoAnswer(
            f"{host} does not speak TLS",
            "check scheme and port: wss:// and https:// need TLS, ws:// and http:// do without",
        ) from None
    except aiohttp.ClientConnectorDNSError:
        raise NoAnswer(*_no_such_host(url)) from None
    except aiohttp.InvalidURL:
        raise NoAnswer("the address is no URL", "check how it is written") from None
    except (aiohttp.ClientError, OSError) as e:
        cause = getattr(e, "os_error", e)
        if getattr(cause, "errno", None) == errno.ECONNREFUSED:
            raise NoAnswer(
                f"nothing listens at {host}",
                "check host and port, and that the server runs",
                refused=True,
            ) from None
        raise NoAnswer(*_lost(cause, url)) from None


def _lost(cause: Exception, url: str) -> tuple[str, str]:
    host = shown(url)
    if isinstance(cause, socket.gaierror):
        return _no_such_host(url)
    number = getattr(cause, "errno", None)
    if number in (errno.ENETUNREACH, errno.EHOSTUNREACH):
        return (
            f"there is no way to {host} from this machine",
            "check the network, its routes and the firewall",
        )
    return (
        f"{host} hung up without an answer ({type(cause).__name__})",
        "check that it is the right port, and what stands between: a proxy or a firewall",
    )


def _no_such_host(url: str) -> tuple[str, str]:
    name = urlsplit(url).hostname or url
    return (
        f"the name {name} cannot be resolved",
        "check its spelling, and that this machine has DNS and a network",
    )


def _bad_certificate(host: str) -> tuple[str, str]:
    return (
        f"the certificate of {host} is not accepted",
        "it has expired, is for another name or self-signed: use one that a public authority "
        "signed, and check this machine's clock and its CA certificates",
    )


def shown(url: str) -> str:
    """Host and port of an address, without user, password, path or query."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "the address"
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{port}" if port else host
