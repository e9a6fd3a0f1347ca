"""The stand-in avatar in a real room, used as livekit-plugins-bey does."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import numpy as np
import pytest
from livekit.agents import APIStatusError

from agent.billing.sessions_api import session_of
from agent.core.settings import BillSettings
from agent.demo.livekit_server import LiveKitServer
from agent.demo.providers.beyond_presence.face import FPS
from tests.standins.stage import (
    Seen,
    Stage,
    delete_room,
    remove_avatar,
    room,
    say,
    speech_like,
)
from tests.support.providers import Providers
from tests.support.waiting import until_answer

MOUTH = (slice(300, 370), slice(205, 307))


async def ready(stage: Stage, providers: Providers) -> None:
    """Wait until the avatar has joined with video and audio."""
    stage.watch()
    await stage.ask_for_avatar(providers)
    await stage.see(lambda seen: bool(seen.pictures) and bool(seen.loudness))


def mouth_movement(seen: Seen, since: float, until_s: float) -> float:
    """How much the mouth changes while this is seen, in steps of brightness.

    Against the picture of a shut mouth the sway of the head is small.
    """
    mouths = [picture[MOUTH] for at, picture in seen.pictures if since <= at <= until_s]
    assert len(mouths) > 10, f"only {len(mouths)} pictures"
    return float(np.mean([np.abs(b - a).mean() for a, b in zip(mouths, mouths[1:], strict=False)]))


async def test_avatar_publishes_without_a_subscriber_and_stays_silent(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession
) -> None:
    async with room(livekit, http) as stage:
        await stage.trainee.disconnect()
        await stage.ask_for_avatar(providers)

        async def published() -> int:
            avatar = stage.agent.remote_participants.get(stage.avatar_identity)
            return len(avatar.track_publications) if avatar else 0

        await until_answer(published, lambda count: count == 2)
        (session,) = await providers.sessions()
    assert session["identity"] == stage.avatar_identity
    assert session["segments"] == 0


@pytest.mark.alone
async def test_avatar_plays_speech_moves_its_mouth_and_reports_the_end(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession
) -> None:
    async with room(livekit, http) as stage:
        await ready(stage, providers)
        seen, output = stage.seen, stage.output()
        began = time.monotonic()
        await stage.see(lambda s: len([1 for at, _ in s.pictures if at > began]) > 30)
        still = mouth_movement(seen, began, time.monotonic())
        spoke = time.monotonic()
        await say(output, speech_like(2))
        finished = await stage.next_finished()
        ended = time.monotonic()
        moving = mouth_movement(seen, spoke + 0.3, ended)
    assert finished.playback_position == pytest.approx(2.0, abs=0.05)
    assert not finished.interrupted
    assert ended - spoke > 1.7
    loud = seen.loud_since(spoke)
    assert loud[0] < ended - 0.5
    # The test sound is loud for 63 % of the time.
    assert len(loud) * 0.01 == pytest.approx(1.26, abs=0.6)
    assert moving > 3 * still
    times = [at for at, _ in seen.pictures]
    # A busy machine sends fewer.
    assert 0.25 * FPS < len(times) / (times[-1] - times[0]) < FPS + 3


@pytest.mark.alone
async def test_avatar_stops_at_once_on_clear_and_reports_the_position(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession
) -> None:
    async with room(livekit, http) as stage:
        await ready(stage, providers)
        output = stage.output()
        spoke = time.monotonic()
        await say(output, speech_like(10))
        await stage.see(lambda s: len(s.loud_since(spoke)) > 100)
        output.clear_buffer()
        cleared = time.monotonic()
        finished = await stage.next_finished()
        answered = time.monotonic()
        await stage.see(lambda s: s.loudness[-1][0] > cleared + 6)
        last_loud = stage.seen.loud_since(spoke)[-1]
        # The next line is heard completely, and its position counts from 0.
        await say(output, speech_like(1))
        after = await stage.next_finished()
    assert finished.interrupted
    # The listener had heard a second of loud sound, and the avatar could play until it answered.
    assert 0.9 < finished.playback_position < answered - spoke + 0.05
    assert last_loud - cleared < 5  # eight seconds of sound were left to play
    assert after.playback_position == pytest.approx(1.0, abs=0.01)
    assert not after.interrupted


async def test_avatar_reports_each_queued_segment_once(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession
) -> None:
    async with room(livekit, http) as stage:
        await ready(stage, providers)
        output = stage.output()
        await say(output, speech_like(0.6))
        await say(output, speech_like(0.4))
        positions = [(await stage.next_finished()).playback_position for _ in range(2)]
        assert stage.finished.empty()
    assert positions == [pytest.approx(0.6, abs=0.01), pytest.approx(0.4, abs=0.01)]


async def test_avatar_leaves_when_the_room_is_deleted(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession
) -> None:
    async with room(livekit, http) as stage:
        await ready(stage, providers)
        (session,) = await providers.sessions()
        settings = BillSettings.from_env({**providers.environment, "BEY_API_KEY": "key"})
        running = await session_of(settings, http, session["id"])
        assert running is not None
        assert not running.is_over
        await delete_room(stage)
        (session,) = await until_answer(providers.sessions, lambda s: s[0]["left_at"])
    billed = await session_of(settings, http, session["id"])
    assert billed is not None
    assert billed.is_over
    assert billed.seconds == pytest.approx(session["seconds"], abs=0.01)
    assert await session_of(settings, http, "unknown") is None
    assert session["why_left"] == "room_deleted"
    assert session["seconds"] == pytest.approx(session["left_at"] - session["joined_at"], abs=0.01)


async def test_avatar_leaves_when_it_is_removed(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession
) -> None:
    async with room(livekit, http) as stage:
        await ready(stage, providers)
        await remove_avatar(stage)
        (session,) = await until_answer(providers.sessions, lambda s: s[0]["left_at"])
    assert session["why_left"] == "participant_removed"


@pytest.mark.alone
async def test_avatar_leaves_three_seconds_after_its_agent(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession
) -> None:
    async with room(livekit, http) as stage:
        await ready(stage, providers)
        gone = asyncio.Event()
        stage.trainee.on("participant_disconnected", lambda _: gone.set())
        began = time.time()
        await stage.agent.disconnect()
        await asyncio.wait_for(gone.wait(), 60)
        left = time.time()
        (session,) = await until_answer(providers.sessions, lambda s: s[0]["left_at"])
    assert session["why_left"] == "the agent left"
    assert began + 2.9 < session["left_at"] < left + 8


async def test_avatars_of_agents_with_the_same_name_do_not_clear_each_other(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession
) -> None:
    async with (
        room(livekit, http, agent="agent") as first,
        room(livekit, http, agent="agent") as second,
    ):
        await ready(first, providers)
        await ready(second, providers)
        interrupted, played = first.output(), second.output()
        spoke = time.monotonic()
        await say(interrupted, speech_like(8))
        await say(played, speech_like(1.5))
        await first.see(lambda s: len(s.loud_since(spoke)) > 30)
        interrupted.clear_buffer()
        assert (await first.next_finished()).interrupted
        finished = await second.next_finished()
    assert not finished.interrupted
    assert finished.playback_position == pytest.approx(1.5, abs=0.01)


async def test_beyond_presence_rejects_bad_requests_as_the_real_api_does(
    providers: Providers, http: aiohttp.ClientSession
) -> None:
    url = providers.environment["BEY_API_URL"] + "/v1/sessions"
    body = {"transport": "livekit", "avatar_id": "a", "url": "wss://x", "token": "t"}
    for headers, change, status in (
        ({}, {}, 401),
        ({"x-api-key": "k"}, {"url": "https://x"}, 400),
        ({"x-api-key": "k"}, {"token": None}, 422),
        ({"x-api-key": "k"}, {"transport": "zoom"}, 422),
    ):
        async with http.post(url, headers=headers, json=body | change) as answer:
            assert answer.status == status
            assert "detail" in await answer.json()
    assert await providers.sessions() == []


async def test_calls_hold_no_key_and_no_token(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession
) -> None:
    async with room(livekit, http) as stage:
        await stage.ask_for_avatar(providers, key="secret-key-1")
    calls = await providers.calls("bey")
    assert [call["status"] for call in calls] == [201]
    assert "secret-key-1" not in repr(calls)
    assert "eyJ" not in repr(calls)


async def test_sessions_hold_the_claims_of_the_token(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession
) -> None:
    async with room(livekit, http) as stage:
        await stage.ask_for_avatar(providers)
        (session,) = await providers.sessions()
        (call,) = await providers.calls("bey")
    claims = session["claims"]
    assert claims["sub"] == stage.avatar_identity
    assert claims["kind"] == "agent"
    assert claims["video"]["room"] == call["detail"]["room"] == stage.name
    assert claims["attributes"]["lk.publish_on_behalf"] == stage.agent.local_participant.identity
    assert claims["exp"] > time.time()
    assert "eyJ" not in repr(session)


async def test_beyond_presence_status_fault_reaches_the_plugin(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession
) -> None:
    async with room(livekit, http) as stage:
        await providers.faults("bey:402")
        with pytest.raises(APIStatusError) as refused:
            await stage.ask_for_avatar(providers)
        assert refused.value.status_code == 402
        await providers.faults("bey:500x1")
        await stage.ask_for_avatar(providers)
    assert [call["status"] for call in await providers.calls("bey")] == [402, 500, 201]
