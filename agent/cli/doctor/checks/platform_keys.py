"""Platform keys: whether the token endpoint can load the keys at PLATFORM_JWKS_URL."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator

from agent.cli.doctor.configuration import Configuration
from agent.cli.doctor.http_client import HttpClient, host_and_port
from agent.cli.doctor.result import CheckResult, failed, ok, reports, warning
from agent.core.errors import PlatformKeysError
from agent.token_endpoint.auth.jwks import SET_MAX, usable_keys

_FIX = "set PLATFORM_JWKS_URL to the address of the key set itself, as the platform publishes it"


@reports(
    "platform.keys",
    needs=("PLATFORM_JWKS_URL",),
    address="PLATFORM_JWKS_URL",
    hint="; until then the token endpoint refuses the platform's JWTs",
)
async def check(config: Configuration, http: HttpClient) -> AsyncIterator[CheckResult]:
    """Fetch the key set as the token endpoint does; no result if PLATFORM_JWKS_URL is not set."""
    check, settings = "platform.keys", config.endpoint
    url = settings.platform_jwks_url
    if not url:
        return
    response = await http.request("the platform", "GET", url)
    where = host_and_port(url)
    if response.status != 200:
        moved = "; a redirect is not followed" if 300 <= response.status < 400 else ""
        yield failed(check, f"{where} answers {response.status} instead of a key set{moved}", _FIX)
        return
    if len(response.body) > SET_MAX:
        yield failed(check, f"{where} answers more than {SET_MAX} bytes", _FIX)
        return
    try:
        keys = usable_keys(response.json())
    except PlatformKeysError as e:
        yield failed(
            check, f"{where} {e}", f"{_FIX}; it accepts RSA (2048 bits or more), P-256 and Ed25519"
        )
        return
    counted = Counter(key.algorithm_name for key in keys)
    what = ", ".join(f"{count} for {name}" for name, count in sorted(counted.items()))
    yield ok(check, f"{where} publishes keys: {what}")
    if not settings.platform_jwt_audience:
        yield warning(
            "platform.audience",
            "the token endpoint accepts any JWT of these keys with a session_id, for any audience",
            "set PLATFORM_JWT_AUDIENCE, and set the same aud in the platform's JWTs",
        )
