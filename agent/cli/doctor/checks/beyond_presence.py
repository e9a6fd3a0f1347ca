"""Beyond Presence: the API key, each configured avatar, and the minutes left in the plan.

Routes: https://docs.bey.dev/openapi.json (`/v1/auth/verify`, `/v1/avatars/{id}`, `/v1/usage`).
No session is started, because sessions cost money.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import quote

from agent.cli.doctor.configuration import Configuration, plain
from agent.cli.doctor.http_client import HttpClient, NoResponse, Response
from agent.cli.doctor.provider_response import unexpected_status
from agent.cli.doctor.result import CheckResult, failed, ok, skipped, warning
from agent.core.provider_advice import AVATAR_ADVICE

_PROVIDER = "Beyond Presence"
_FEW_MINUTES_S = 30 * 60


async def check(config: Configuration, http: HttpClient) -> AsyncIterator[CheckResult]:
    if unusable := config.lacks("BEYOND_PRESENCE_API_KEY", "BEY_API_URL"):
        yield skipped("beyond_presence.key", unusable)
        return
    base = config.worker.bey_api_url
    headers = {"x-api-key": plain(config.worker.beyond_presence_api_key)}

    async def get(path: str) -> Response:
        return await http.request(_PROVIDER, "GET", base + path, headers=headers)

    try:
        verified = await get("/v1/auth/verify")
    except NoResponse as e:
        yield failed("beyond_presence.key", f"{_PROVIDER}: {e.what}", f"{e.fix} (BEY_API_URL)")
        yield skipped("beyond_presence.avatar", f"{_PROVIDER} is not reachable")
        return
    if verified.status not in {200, 204} or "html" in verified.headers.get("Content-Type", ""):
        # The other advice is about avatars and sessions, which were not requested yet.
        advice = {k: v for k, v in AVATAR_ADVICE.items() if k in {401, 402, 403, 429}}
        yield unexpected_status("beyond_presence.key", _PROVIDER, verified.status, advice)
        yield skipped("beyond_presence.avatar", f"{_PROVIDER} does not accept the key")
        return
    yield ok("beyond_presence.key", f"{_PROVIDER} accepts BEYOND_PRESENCE_API_KEY")
    avatars = _avatars(config)
    results = await asyncio.gather(
        *(get(f"/v1/avatars/{quote(avatar, safe='')}") for avatar in avatars),
        get("/v1/usage"),
        return_exceptions=True,
    )
    for (avatar, names), response in zip(avatars.items(), results, strict=False):
        yield _avatar(avatar, names, response)
    if unusable := config.lacks("BEYOND_PRESENCE_AVATAR_ID", "BEYOND_PRESENCE_AVATARS"):
        yield skipped("beyond_presence.avatar", unusable)
    if (usage := _usage(results[-1])) is not None:
        yield usage


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


def _avatar(avatar: str, names: list[str], response: Response | BaseException) -> CheckResult:
    check, named = "beyond_presence.avatar", f"{avatar} ({'; '.join(names)})"
    if isinstance(response, NoResponse):
        return failed(check, f"avatar {named}: {response.what}", response.fix)
    if isinstance(response, BaseException):
        raise response
    if response.status in {404, 422}:
        return failed(
            check,
            f"{_PROVIDER} has no avatar {named}",
            "use the id of an avatar that the key's account owns: app.bey.chat, Avatars",
        )
    if response.status != 200:
        return unexpected_status(
            check, _PROVIDER, response.status, AVATAR_ADVICE, f"requested avatar {named}"
        )
    data = response.json()
    status = data.get("status") if isinstance(data, dict) else None
    if status == "available":
        return ok(check, f"avatar {named} is available")
    if status in {"to-train", "training"}:
        return failed(
            check,
            f"avatar {named} is still in training",
            "wait until it is trained, or use another avatar",
        )
    if status == "failed":
        return failed(
            check, f"the training of avatar {named} failed", "use another avatar, or train it again"
        )
    return warning(
        check, f"avatar {named} exists, but its status is unknown", "check it at app.bey.chat"
    )


def _usage(response: Response | BaseException) -> CheckResult | None:
    """Report the minutes left; None if the key may not read them.

    Only keys of the default workspace may.
    """
    if isinstance(response, BaseException) or response.status != 200:
        return None
    data = response.json()
    left = data.get("remaining_seconds") if isinstance(data, dict) else None
    if isinstance(left, bool) or not isinstance(left, int | float):
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
