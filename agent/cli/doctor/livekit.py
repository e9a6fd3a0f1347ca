"""LiveKit: is it there, is it LiveKit, and does it accept our key."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator

from livekit import api

from agent.cli.doctor.answer import Answer, Caller, NoAnswer, shown
from agent.cli.doctor.finding import Finding, failed, ok, skipped
from agent.cli.doctor.given import Given

_LIST_ROOMS = "/twirp/livekit.RoomService/ListRooms"


async def check(given: Given, caller: Caller) -> AsyncIterator[Finding]:
    """One authenticated call that changes nothing tells all of it."""
    if lacking := given.lacks("LIVEKIT_URL"):
        for aspect in ("reachable", "credentials"):
            yield skipped(f"livekit.{aspect}", lacking)
        return
    url = given.worker.livekit_url
    try:
        # A wrong key still gets an answer, which is all that 'reachable' wants.
        answer = await caller.ask(
            "LiveKit",
            "POST",
            http_form(url) + _LIST_ROOMS,
            headers={
                "Authorization": f"Bearer {_token(given)}",
                "Content-Type": "application/json",
            },
            body=b'{"names": ["-"]}',
        )
    except NoAnswer as e:
        yield failed("livekit.reachable", f"LIVEKIT_URL: {e.what}", e.fix)
        yield skipped("livekit.credentials", "LiveKit is not reachable")
        return
    if not _is_livekit(answer):
        yield failed(
            "livekit.reachable",
            f"{shown(url)} answers (HTTP {answer.status}), but not as LiveKit does",
            "LIVEKIT_URL must be LiveKit's own address: your project's, or your server's port "
            "7880 or what is in front of it",
        )
        yield skipped("livekit.credentials", "what answers is not LiveKit")
        return
    if answer.status >= 500:
        yield failed(
            "livekit.reachable",
            f"LiveKit at {shown(url)} has a problem (HTTP {answer.status})",
            "look at its log or its status page, and try again",
        )
        yield skipped("livekit.credentials", "LiveKit has a problem")
        return
    yield ok("livekit.reachable", f"LiveKit answers at {shown(url)}")
    if lacking := given.lacks("LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"):
        yield skipped("livekit.credentials", lacking)
    elif answer.status == 200:
        yield ok("livekit.credentials", "LiveKit accepts LIVEKIT_API_KEY and LIVEKIT_API_SECRET")
    else:
        yield refusal(answer)


def refusal(answer: Answer) -> Finding:
    """Which of key, secret and clock LiveKit refuses, as far as it says so.

    Its words are livekit-server 1.13.5's (pkg/service/auth.go, and golang-jwt's behind it).
    """
    words = answer.text.lower()
    check = "livekit.credentials"
    if "invalid api key" in words:
        return failed(
            check,
            "LiveKit does not know LIVEKIT_API_KEY",
            "take key and secret from the project that LIVEKIT_URL names: it may be another's, or "
            "deleted",
        )
    if "signature is invalid" in words or "error in cryptographic primitive" in words:
        return failed(
            check,
            "LIVEKIT_API_SECRET is not the secret of LIVEKIT_API_KEY",
            "take both anew, together, from your project's settings",
        )
    if any(said in words for said in ("not valid yet", "expired", "used before issued", "(nbf)")):
        return failed(
            check,
            "LiveKit finds our token's time wrong: this machine's clock differs from LiveKit's",
            "set the clock right (systemctl status systemd-timesyncd, or chrony), here or there",
        )
    if answer.status == 403 or "permission" in words:
        return failed(
            check,
            "LiveKit knows the key, which may not list rooms",
            "use a key of the project with all rights: worker and endpoint make and end rooms",
        )
    return failed(
        check,
        f"LiveKit refuses LIVEKIT_API_KEY and LIVEKIT_API_SECRET (HTTP {answer.status})",
        "take both from the same project's settings, and check this machine's clock",
    )


def http_form(url: str) -> str:
    """`wss://host` as `https://host`."""
    return "http" + url.removeprefix("ws")


def _is_livekit(answer: Answer) -> bool:
    if answer.status >= 500:
        return "html" not in answer.headers.get("Content-Type", "")
    if answer.status == 200:
        return isinstance(answer.json(), dict)
    return answer.status in {401, 403} and "html" not in answer.headers.get("Content-Type", "")


def _token(given: Given) -> str:
    return (
        api.AccessToken(
            given.worker.livekit_api_key, given.worker.livekit_api_secret.get_secret_value()
        )
        .with_ttl(datetime.timedelta(minutes=1))
        .with_grants(api.VideoGrants(room_list=True))
        .to_jwt()
    )
