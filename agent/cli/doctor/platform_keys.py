"""Platform keys: can the endpoint have the keys by which the platform signs its JWTs."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator

from agent.cli.doctor.answer import Caller, NoAnswer, shown
from agent.cli.doctor.finding import Finding, failed, ok, skipped, warning
from agent.cli.doctor.given import Given
from agent.core.errors import PlatformKeysError
from agent.core.jwks import SET_MAX, usable_keys

_FIX = "set PLATFORM_JWKS_URL to the address of the key set itself, as the platform publishes it"


async def check(given: Given, caller: Caller) -> AsyncIterator[Finding]:
    """Fetch the set as the endpoint does; nothing is said where no address is set."""
    check = "platform.keys"
    if lacking := given.lacks("PLATFORM_JWKS_URL"):
        yield skipped(check, lacking)
        return
    settings = given.endpoint
    url = settings.platform_jwks_url
    if not url:
        return
    try:
        answer = await caller.ask("the platform", "GET", url)
    except NoAnswer as e:
        yield failed(
            check,
            f"PLATFORM_JWKS_URL: {e.what}",
            f"{e.fix}; until then no JWT of its keys is let in",
        )
        return
    where = shown(url)
    if answer.status != 200:
        moved = "; a redirect is not followed" if 300 <= answer.status < 400 else ""
        yield failed(check, f"{where} answers {answer.status} instead of a key set{moved}", _FIX)
        return
    if len(answer.body) > SET_MAX:
        yield failed(check, f"{where} answers more than {SET_MAX} bytes", _FIX)
        return
    try:
        keys = usable_keys(answer.json())
    except PlatformKeysError as e:
        yield failed(
            check, f"{where} {e}", f"{_FIX}; RSA (2048 bits or more), P-256 and Ed25519 are taken"
        )
        return
    counted = Counter(key.algorithm_name for key in keys)
    said = ", ".join(f"{count} for {name}" for name, count in sorted(counted.items()))
    yield ok(check, f"{where} publishes keys: {said}")
    if not settings.platform_jwt_audience:
        yield warning(
            "platform.audience",
            "any token of these keys that names a session is taken, whoever it was issued for",
            "set PLATFORM_JWT_AUDIENCE, and have the platform put it into aud",
        )
