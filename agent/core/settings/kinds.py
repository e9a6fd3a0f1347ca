"""Kinds of values an environment variable may hold, each with its own refusal."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from agent.core.addresses import is_private_host


def _address(value: str) -> SplitResult:
    """In its parts; the library itself says of a bad port only when it is asked for it."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise ValueError("is no address: check its port, and its brackets if it has any") from None
    return parts


def _websocket_url(value: str) -> str:
    """`https://` becomes `wss://`: Beyond Presence answers 400 to anything else."""
    parts = _address(value)
    scheme = {"https": "wss", "http": "ws"}.get(parts.scheme, parts.scheme)
    if scheme not in {"ws", "wss"} or not parts.hostname:
        raise ValueError("must look like wss://your-project.livekit.cloud")
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def _http_base(value: str) -> str:
    """Where a provider is. A proxy's prefix may follow the host; the API's version is added."""
    parts = _address(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be scheme and host, like https://api.example.com")
    if parts.query or parts.fragment:
        raise ValueError("must end with the host, or a proxy's path: no ? and no #")
    if re.search(r"/v\d[^/]*/*$", parts.path):
        raise ValueError("must not end with the API's version (/v1, /v1beta): it is added")
    return value.rstrip("/")


def _deepgram_origin(value: str) -> str:
    """Where Deepgram is, or what stands in for it; a path would be taken for the API's own."""
    if _address(value).path.strip("/"):
        raise ValueError(
            "must be scheme and host alone, like https://api.deepgram.com: "
            "/v1/listen and /v1/speak are added"
        )
    return _http_base(value)


def _http_url_or_empty(value: str) -> str:
    if not value:
        return value
    parts = _address(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http(s) URL")
    return value


def _jwks_url_or_empty(value: str) -> str:
    """Keys that came over an open network would be anybody's."""
    if not value:
        return value
    parts = _address(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise ValueError("must be an https URL, without a password in it")
    if parts.scheme == "http" and not is_private_host(parts.hostname):
        raise ValueError("must be https: over http anybody on the way could put in their own keys")
    return value


def _rate(value: str) -> str:
    if value.strip().lower() == "off":
        return ""
    from limits import parse  # here: it takes long to load, and the worker has no use for it

    try:
        rate = parse(value)
    except ValueError:
        rate = None
    if rate is None or rate.amount < 1 or ";" in value:
        raise ValueError("must look like 30/minute or 100 per 5 minutes, or be off")
    return value


def _list_of_words(value: Any) -> Any:
    return (
        [part.strip() for part in value.split(",") if part.strip()]
        if isinstance(value, str)
        else value
    )


def _table(value: Any) -> Any:
    """`en=aura-2-andromeda-en, es=aura-2-celeste-es` as a dict."""
    if not isinstance(value, str):
        return value
    rows = [row.partition("=") for row in value.split(",") if row.strip()]
    if not rows or not all(key.strip() and meant.strip() for key, _, meant in rows):
        raise ValueError("must look like name=value,name=value")
    return {key.strip(): meant.strip() for key, _, meant in rows}


def _webhook_secret(value: SecretStr | None) -> SecretStr | None:
    """As Standard Webhooks has it: `whsec_` and 24 to 64 random bytes in base64."""
    if value is None:
        return None
    try:
        key = base64.b64decode(value.get_secret_value().removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = b""
    if not 24 <= len(key) <= 64:
        raise ValueError("must be whsec_ and 24 to 64 random bytes in base64")
    return value


Table = Annotated[dict[str, str], BeforeValidator(_table)]
WebhookSecret = Annotated[SecretStr | None, AfterValidator(_webhook_secret)]
WebSocketUrl = Annotated[str, AfterValidator(_websocket_url)]
HttpBase = Annotated[str, AfterValidator(_http_base)]
DeepgramOrigin = Annotated[str, AfterValidator(_deepgram_origin)]
JwksUrlOrEmpty = Annotated[str, AfterValidator(_jwks_url_or_empty)]
Rate = Annotated[str, AfterValidator(_rate)]
"""How often in how long; empty where there is no limit."""
HttpUrlOrEmpty = Annotated[str, AfterValidator(_http_url_or_empty)]
Words = Annotated[list[str], BeforeValidator(_list_of_words)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
