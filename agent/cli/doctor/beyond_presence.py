"""Beyond Presence: its key, each avatar, and what the plan has left.

Routes: https://docs.bey.dev/openapi.json (`/v1/auth/verify`, `/v1/avatars/{id}`, `/v1/usage`).
No session is ever started: a session is what is paid for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import quote

from agent.cli.doctor.answer import Answer, Caller, NoAnswer
from agent.cli.doctor.finding import Finding, failed, ok, skipped, warning
from agent.cli.doctor.given import Given, plain
from agent.cli.doctor.status import refused
from agent.core.provider_advice import AVATAR_ADVICE

_WHO = "Beyond Presence"
_LITTLE_S = 30 * 60


async def check(given: Given, caller: Caller) -> AsyncIterator[Finding]:
    if lacking := given.lacks("BEYOND_PRESENCE_API_KEY", "BEY_API_URL"):
        yield skipped("beyond_presence.key", lacking)
        return
    base = given.worker.bey_api_url
    headers = {"x-api-key": plain(given.worker.beyond_presence_api_key)}

    async def get(path: str) -> Answer:
        return await caller.ask(_WHO, "GET", base + path, headers=headers)

    try:
        verified = await get("/v1/auth/verify")
    except NoAnswer as e:
        yield failed("beyond_presence.key", f"{_WHO}: {e.what}", f"{e.fix} (BEY_API_URL)")
        yield skipped("beyond_presence.avatar", f"{_WHO} is not reachable")
        return
    if verified.status not in {200, 204} or "html" in verified.headers.get("Content-Type", ""):
        # What these say of avatars and sessions, nobody has asked for yet.
        advice = {k: v for k, v in AVATAR_ADVICE.items() if k in {401, 402, 403, 429}}
        yield refused("beyond_presence.key", _WHO, verified.status, advice)
        yield skipped("beyond_presence.avatar", f"{_WHO} does not accept the key")
        return
    yield ok("beyond_presence.key", f"{_WHO} accepts BEYOND_PRESENCE_API_KEY")
    avatars = _avatars(given)
    results = await asyncio.gather(
        *(get(f"/v1/avatars/{quote(avatar, safe='')}") for avatar in avatars),
        get("/v1/usage"),
        return_exceptions=True,
    )
    for (avatar, names), answer in zip(avatars.items(), results, strict=False):
        yield _avatar(avatar, names, answer)
    if lacking := given.lacks("BEYOND_PRESENCE_AVATAR_ID", "BEYOND_PRESENCE_AVATARS"):
        yield skipped("beyond_presence.avatar", lacking)
    if (usage := _usage(results[-1])) is not None:
        yield usage


def _avatars(given: Given) -> dict[str, list[str]]:
    """Each avatar that is asked for, and the settings that name it."""
    found: dict[str, list[str]] = {}
    if not given.lacks("BEYOND_PRESENCE_AVATAR_ID"):
        found.setdefault(given.worker.beyond_presence_avatar_id, []).append(
            "BEYOND_PRESENCE_AVATAR_ID"
        )
    if not given.lacks("BEYOND_PRESENCE_AVATARS"):
        for script, avatar in given.worker.beyond_presence_avatars.items():
            found.setdefault(avatar, []).append(f"BEYOND_PRESENCE_AVATARS, {script}")
    return found


def _avatar(avatar: str, names: list[str], answer: Answer | BaseException) -> Finding:
    check, named = "beyond_presence.avatar", f"{avatar} ({'; '.join(names)})"
    if isinstance(answer, NoAnswer):
        return failed(check, f"avatar {named}: {answer.what}", answer.fix)
    if isinstance(answer, BaseException):
        raise answer
    if answer.status in {404, 422}:
        return failed(
            check,
            f"{_WHO} has no avatar {named}",
            "take an id from app.bey.chat, Avatars, that this key's account may use",
        )
    if answer.status != 200:
        return refused(check, _WHO, answer.status, AVATAR_ADVICE, f"asked for avatar {named}")
    told = answer.json()
    status = told.get("status") if isinstance(told, dict) else None
    if status == "available":
        return ok(check, f"avatar {named} is available")
    if status in {"to-train", "training"}:
        return failed(check, f"avatar {named} is still in training", "wait, or use another")
    if status == "failed":
        return failed(check, f"the training of avatar {named} failed", "use another, or train anew")
    return warning(
        check, f"avatar {named} is known, in a state we do not know", "look at app.bey.chat"
    )


def _usage(answer: Answer | BaseException) -> Finding | None:
    """What the plan has left; None where the key may not know (only the default workspace's do)."""
    if isinstance(answer, BaseException) or answer.status != 200:
        return None
    told = answer.json()
    left = told.get("remaining_seconds") if isinstance(told, dict) else None
    if isinstance(left, bool) or not isinstance(left, int | float):
        return None
    check, minutes = "beyond_presence.minutes", f"{max(left, 0) / 60:.0f} minutes"
    if left <= 0:
        return warning(
            check,
            "the plan's included minutes are used up",
            "top it up: it now bills by use or refuses, and then greetings go on by voice",
        )
    if left < _LITTLE_S:
        return warning(check, f"the plan has {minutes} left", "top it up before it is used up")
    return ok(check, f"the plan has {minutes} left")
