"""Beyond Presence: the API key, each configured avatar, and the minutes left in the plan.

Routes: https://docs.bey.dev/openapi.json (`/v1/auth/verify`, `/v1/avatars/{id}`, `/v1/usage`).
No session is started, because sessions cost money.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import quote

from agent.cli.doctor.configuration import Configuration, plain
from agent.cli.doctor.http_client import HttpClient, Response
from agent.cli.doctor.result import (
    CheckResult,
    Level,
    failed,
    ok,
    reports,
    skipped,
    unexpected,
    warning,
)
from agent.core.provider_advice import AVATAR_ADVICE

_PROVIDER = "Beyond Presence"
_FEW_MINUTES_S = 30 * 60
_IN_TRAINING = "wait until it is trained, or use another avatar"
_STATES = {
    "available": (Level.OK, "is available", ""),
    "to-train": (Level.FAILED, "is still in training", _IN_TRAINING),
    "training": (Level.FAILED, "is still in training", _IN_TRAINING),
    "failed": (Level.FAILED, "could not be trained", "use another avatar, or train it again"),
}
"""By the status of an avatar: what that means, and what to do."""
_UNKNOWN = (Level.WARNING, "exists, but its status is unknown", "check it at app.bey.chat")


@reports(
    "beyond_presence.key",
    "beyond_presence.avatar",
    needs=("BEYOND_PRESENCE_API_KEY", "BEY_API_URL"),
    address="BEY_API_URL",
)
async def check(config: Configuration, http: HttpClient) -> AsyncIterator[CheckResult]:
    base = config.worker.bey_api_url
    headers = {"x-api-key": plain(config.worker.beyond_presence_api_key)}

    async def get(path: str) -> Response:
        return await http.request(_PROVIDER, "GET", base + path, headers=headers)

    verified = await get("/v1/auth/verify")
    if verified.status not in {200, 204} or "html" in verified.headers.get("Content-Type", ""):
        # The other advice is about avatars and sessions, which were not requested yet.
        advice = {k: v for k, v in AVATAR_ADVICE.items() if k in {401, 402, 403, 429}}
        yield unexpected("beyond_presence.key", _PROVIDER, verified, advice)
        return
    yield ok("beyond_presence.key", f"{_PROVIDER} accepts BEYOND_PRESENCE_API_KEY")
    avatars = _avatars(config)
    usage, *answers = await asyncio.gather(
        get("/v1/usage"), *(get(f"/v1/avatars/{quote(avatar, safe='')}") for avatar in avatars)
    )
    for (avatar, names), response in zip(avatars.items(), answers, strict=True):
        yield _avatar(avatar, names, response)
    if unusable := config.lacks("BEYOND_PRESENCE_AVATAR_ID", "BEYOND_PRESENCE_AVATARS"):
        yield skipped("beyond_presence.avatar", unusable)
    if (minutes := _minutes(usage)) is not None:
        yield minutes


def _avatars(config: Configuration) -> dict[str, list[str]]:
    """Return each avatar that is configured, and the settings that name it."""
    found: dict[str, list[str]] = {}
    if not config.lacks("BEYOND_PRESENCE_AVATAR_ID"):
        found.setdefault(config.worker.beyond_presence_avatar_id, []).append(
            "BEYOND_PRESENCE_AVATAR_ID"
        )
    if not config.lacks("BEYOND_PRESENCE_AVATARS"):
        for script, avatar in config.worker.beyond_presence_avatars.items():
            found.setdefault(avatar, []).append(f"BEYOND_PRESENCE_AVATARS, {script}")
    return found


def _avatar(avatar: str, names: list[str], response: Response) -> CheckResult:
    check, named = "beyond_presence.avatar", f"{avatar} ({'; '.join(names)})"
    if response.status in {404, 422}:
        return failed(
            check,
            f"{_PROVIDER} has no avatar {named}",
            "use the id of an avatar that the key's account owns: app.bey.chat, Avatars",
        )
    if response.status != 200:
        context = f"requested avatar {named}"
        return unexpected(check, _PROVIDER, response, AVATAR_ADVICE, context)
    level, state, fix = _STATES.get(str(response.value("status")), _UNKNOWN)
    return CheckResult(check=check, level=level, what=f"avatar {named} {state}", fix=fix)


def _minutes(response: Response) -> CheckResult | None:
    """Report the minutes left; None if the key may not read them.

    Only keys of the default workspace may.
    """
    left = response.value("remaining_seconds")
    if response.status != 200 or not isinstance(left, int | float):
        return None
    check, minutes = "beyond_presence.minutes", f"{max(left, 0) / 60:.0f} minutes"
    if left <= 0:
        return warning(
            check,
            "the plan's included minutes are used up",
            "buy more: further minutes are billed, or refused and greetings continue by voice",
        )
    if left < _FEW_MINUTES_S:
        return warning(check, f"the plan has {minutes} left", "buy more before they are used up")
    return ok(check, f"the plan has {minutes} left")
