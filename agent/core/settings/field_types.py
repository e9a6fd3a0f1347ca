"""Field types of settings: parse a variable's value, or say what it must be."""

from __future__ import annotations

import base64
import binascii
import os
import re
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from urllib.parse import SplitResult, urlsplit, urlunsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from agent.core.addresses import is_private_host

_UNIT_S = {
    "second": 1,
    "minute": 60,
    "hour": 3_600,
    "day": 86_400,
    "month": 30 * 86_400,
    "year": 360 * 86_400,
}
_RATE = re.compile(rf"\s*(\d{{1,9}})\s*(?:/|per)\s*(\d{{0,9}})\s*({'|'.join(_UNIT_S)})s?\s*", re.I)

_PLACEHOLDER = re.compile(
    r"^<.*>$|//<|^your[-_ ]|\byour[-_ ](?:api|avatar|bucket|domain|host|key|project|secret|token)\b"
    r"|(?<![a-z])(?:change|replace)[-_ ]?me(?![a-z])|(?:\.{3}|…)$"
    r"|^(?:x{3,}|todo|tbd|null|undefined)$",
    re.I,
)
"""Copied from an example, and not meant."""


def spelling_problem(value: str) -> str:
    """Say what is wrong with the spelling of a value, without repeating it; empty if nothing is.

    The mistakes come from pasted files, from `echo key | base64` in a Kubernetes Secret, and from
    `docker --env-file`, which keeps quotes.
    """
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'`":
        return (
            "is in quotes, which become part of the value: remove them "
            "(unlike a shell, docker --env-file does not remove quotes)"
        )
    if value != value.strip():
        return "starts or ends with white space: remove it"
    if any(ord(c) < 32 or ord(c) == 127 for c in value):
        return "contains a line break or another invisible character: copy it again, as one line"
    if _PLACEHOLDER.search(value):
        return "is still a placeholder: replace it with your own value"
    return ""


def _address(value: str) -> SplitResult:
    """Split an address; `urlsplit` raises for an invalid port only when the port is read."""
    if problem := spelling_problem(value):
        raise ValueError(problem)
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise ValueError(
            "is not a valid address: check its port, and the brackets of an IPv6 address"
        ) from None
    return parts


def _websocket_url(value: str) -> str:
    """Turn `https://` into `wss://`: Beyond Presence answers 400 to other schemes."""
    parts = _address(value)
    scheme = {"https": "wss", "http": "ws"}.get(parts.scheme, parts.scheme)
    if scheme not in {"ws", "wss"} or not parts.hostname:
        raise ValueError("must look like wss://your-project.livekit.cloud")
    if "@" in parts.netloc:
        raise ValueError(
            "must not contain a user and password: LiveKit gets LIVEKIT_API_KEY and "
            "LIVEKIT_API_SECRET"
        )
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def _http_address(value: str, problem: str) -> SplitResult:
    """Split an http(s) address; raise with `problem` for any other."""
    parts = _address(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(problem)
    return parts


def _http_base(value: str) -> str:
    """Check a provider's address; the path of a proxy may follow the host."""
    parts = _http_address(value, "must have a scheme and a host, like https://api.example.com")
    if parts.query or parts.fragment:
        raise ValueError(
            "must end with the host or a proxy's path: remove ? and # and what follows"
        )
    if re.search(r"/v\d[^/]*/*$", parts.path):
        raise ValueError(
            "must not end with the version of the API (/v1, /v1beta), which is added: remove it"
        )
    return value.rstrip("/")


def _deepgram_origin(value: str) -> str:
    """Check Deepgram's address: its plugin would take a path for the API's own."""
    if _address(value).path.strip("/"):
        raise ValueError(
            "must have only a scheme and a host, like https://api.deepgram.com: "
            "/v1/listen and /v1/speak are added"
        )
    return _http_base(value)


def _http_url_or_empty(value: str) -> str:
    if value:
        _http_address(value, "must be a URL that starts with https:// or http://")
    return value


def _jwks_url_or_empty(value: str) -> str:
    """Require https outside private networks: on the way, keys could be replaced."""
    if not value:
        return value
    problem = "must be an https:// URL without a user and password"
    parts = _http_address(value, problem)
    if "@" in parts.netloc:
        raise ValueError(problem)
    if parts.scheme == "http" and not is_private_host(parts.hostname or ""):
        raise ValueError(
            "must start with https://: over http, the keys could be replaced on the way"
        )
    return value


class Rate(NamedTuple):
    """At most `amount` requests in `window_s` seconds."""

    amount: int
    window_s: int


def _rate(value: Any) -> Any:
    """Parse `100 per 5 minutes`; `off` becomes None."""
    if not isinstance(value, str):
        return value
    if value.strip().lower() == "off":
        return None
    if found := _RATE.fullmatch(value):
        rate = Rate(int(found[1]), int(found[2] or 1) * _UNIT_S[found[3].lower()])
        if all(rate):
            return rate
    raise ValueError("must look like 30/minute or 100 per 5 minutes, or be off")


def _comma_separated(value: Any) -> Any:
    return (
        [part.strip() for part in value.split(",") if part.strip()]
        if isinstance(value, str)
        else value
    )


def _origin_patterns(values: list[str]) -> list[str]:
    """Check sources of a Content Security Policy; anything else would change the policy."""
    for value in values:
        if not re.fullmatch(r"https?://(\*\.)?[A-Za-z0-9.-]+(:\d+|:\*)?", value):
            raise ValueError(
                "must list origins without a path, like https://lms.example.com or "
                "https://*.example.com"
            )
    return values


def _location(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]*", value):
        raise ValueError("must be a location, like eu or europe-west4")
    return value


def _key_file(value: str) -> str:
    if value.lstrip().startswith("{"):
        raise ValueError("must be the path of the key's file, not its content")
    return value


def _table(value: Any) -> Any:
    """Parse `en=aura-2-andromeda-en, es=aura-2-celeste-es` into a dict."""
    if not isinstance(value, str):
        return value
    rows = [row.partition("=") for row in value.split(",") if row.strip()]
    if not rows or not all(key.strip() and value.strip() for key, _, value in rows):
        raise ValueError("must look like name=value,name=value")
    return {key.strip(): value.strip() for key, _, value in rows}


def _key(value: str) -> str:
    if problem := spelling_problem(value):
        raise ValueError(problem)
    if not value.isascii() or " " in value:
        raise ValueError("contains characters that no key has: copy it again")
    return value


def _secret_key(value: SecretStr) -> SecretStr:
    _key(value.get_secret_value())
    return value


def _secret(value: SecretStr) -> SecretStr:
    if problem := spelling_problem(value.get_secret_value()):
        raise ValueError(problem)
    return value


def _webhook_secret(value: SecretStr | None) -> SecretStr | None:
    if value is None:
        return None
    try:
        key = base64.b64decode(value.get_secret_value().removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = b""
    if not 24 <= len(key) <= 64:
        raise ValueError("must be whsec_ followed by 24 to 64 random bytes in base64")
    return value


Folder = Annotated[Path, AfterValidator(lambda value: Path(os.path.expanduser(value)))]
"""`~` is the home folder: no shell expands the values of `.env`."""
Location = Annotated[str, AfterValidator(_location)]
KeyFile = Annotated[str, AfterValidator(_key_file)]
"""Path of a key. The key itself would be printed with the path, for example by Google's library."""
Key = Annotated[str, AfterValidator(_key)]
"""A key's name or an id that is not a secret."""
SecretKey = Annotated[SecretStr, AfterValidator(_secret_key)]
"""A key that is sent in a header: a service would refuse each call with a misspelt one."""
Secret = Annotated[SecretStr, AfterValidator(_secret)]
"""A secret that signs something; it may be a text in any language."""
Table = Annotated[dict[str, str], BeforeValidator(_table)]
WebhookSecret = Annotated[SecretStr | None, AfterValidator(_webhook_secret)]
WebSocketUrl = Annotated[str, AfterValidator(_websocket_url)]
HttpBase = Annotated[str, AfterValidator(_http_base)]
HttpBaseOrEmpty = Annotated[str, AfterValidator(lambda value: value and _http_base(value))]
DeepgramOrigin = Annotated[str, AfterValidator(_deepgram_origin)]
JwksUrlOrEmpty = Annotated[str, AfterValidator(_jwks_url_or_empty)]
RateLimit = Annotated[Rate | None, BeforeValidator(_rate)]
"""None for no limit."""
HttpUrlOrEmpty = Annotated[str, AfterValidator(_http_url_or_empty)]
CommaSeparated = Annotated[list[str], BeforeValidator(_comma_separated)]
OriginPatterns = Annotated[
    list[str], BeforeValidator(_comma_separated), AfterValidator(_origin_patterns)
]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
