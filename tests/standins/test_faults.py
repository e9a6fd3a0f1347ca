"""Faults: how they are spelled, and what those of Beyond Presence do in a real room."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest
from livekit import rtc
from livekit.agents import APIConnectionError

from agent.demo.livekit_server import LiveKitServer
from agent.demo.providers.beyond_presence.face import FPS
from agent.demo.providers.faults import CATALOGUE, Faults, UnknownFault, parse_fault
from tests.faults.matrix import ROWS
from tests.faults.row import Row
from tests.standins.stage import room, say, speech_like
from tests.support.providers import Providers
from tests.support.waiting import until, until_answer


def test_parse_fault_reads_provider_name_number_and_count() -> None:
    fault = parse_fault("bey:leaves=2.5x3")
    assert (fault.provider, fault.name, fault.value, fault.left) == ("bey", "leaves", 2.5, 3)
    assert parse_fault("bey:leaves").value == 5
    assert parse_fault("llm:429=2x1").status == 429


@pytest.mark.parametrize("text", ["bey:nope", "nobody:hang", "bey", "bey:200", "bey:hang=3", ""])
def test_parse_fault_lists_all_faults_if_one_is_unknown(text: str) -> None:
    with pytest.raises(UnknownFault) as error:
        parse_fault(text)
    for provider, kinds in CATALOGUE.items():
        for name in kinds:
            assert f"{provider}:{name.removesuffix('=0')} " in str(error.value)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_providers_know_the_faults_of_each_row(row: Row) -> None:
    Faults(row.faults)


def test_faults_take_counts_down() -> None:
    faults = Faults(["bey:500x2"])
    assert [faults.take("bey", "status") is not None for _ in range(3)] == [True, True, False]
    assert faults.take("llm", "status") is None


def test_faults_of_tts_are_faults_of_aura_but_not_the_reverse() -> None:
    assert Faults(["tts:401"]).take("aura", "status") is not None
    assert Faults(["aura:401"]).take("aura", "status") is not None
    assert Faults(["aura:401"]).take("tts", "status") is None


async def test_control_api_keeps_the_faults_if_one_is_unknown(
    providers: Providers, http: aiohttp.ClientSession
) -> None:
    await providers.faults("llm:403")
    async with http.put(providers.url + "/faults", json=["llm:nope"]) as answer:
        assert answer.status == 400
        assert "llm:hang" in (await answer.json())["error"]
    url = providers.environment["GOOGLE_GEMINI_BASE_URL"] + "/v1/models/x:generateContent"
    async with http.post(url, json={}) as answer:
        assert answer.status == 403


async def test_fault_never_joins_lets_no_avatar_join(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession
) -> None:
    await providers.faults("bey:never-joins")
    async with room(livekit, http) as stage:
        await stage.ask_for_avatar(providers)
        (session,) = await until_answer(providers.sessions, lambda s: s[0]["why_left"])
        assert stage.avatar_identity not in stage.agent.remote_participants
    assert session["joined_at"] is None
    assert session["seconds"] == 0


@pytest.mark.parametrize("fault", ["bey:hang", "bey:refuse", "bey:lost-answer", "bey:delay=9"])
async def test_fault_without_an_answer_makes_the_request_fail(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession, fault: str
) -> None:
    await providers.faults(fault)
    async with room(livekit, http) as stage:
        expected = TimeoutError if fault in {"bey:hang", "bey:delay=9"} else APIConnectionError
        limit_s = 1 if expected is TimeoutError else 30
        with pytest.raises(expected):
            await asyncio.wait_for(stage.ask_for_avatar(providers), limit_s)
    assert bool(await providers.sessions()) == (fault == "bey:lost-answer")


async def test_faults_late_flap_and_leaves_move_the_avatar_in_and_out(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession
) -> None:
    await providers.faults("bey:late=0.5", "bey:flap=0.3", "bey:leaves=0.5")
    async with room(livekit, http) as stage:
        came: list[str] = []
        stage.trainee.on("participant_connected", lambda p: came.append(p.identity))
        await stage.ask_for_avatar(providers)
        (session,) = await until_answer(
            providers.sessions, lambda s: s[0]["why_left"].startswith("fault")
        )
        await until(lambda: len(came) >= 2)
    assert came == [stage.avatar_identity] * 2
    assert session["joined_at"] - session["created_at"] > 0.5
    assert session["seconds"] > 0.5


async def test_fault_no_video_publishes_sound_only(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession
) -> None:
    await providers.faults("bey:no-video")
    async with room(livekit, http) as stage:
        stage.watch()
        await stage.ask_for_avatar(providers)
        await stage.see(lambda seen: len(seen.loudness) > 50)
        assert not stage.seen.pictures


async def test_fault_no_audio_publishes_video_only(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession
) -> None:
    await providers.faults("bey:no-audio")
    async with room(livekit, http) as stage:
        stage.watch()
        await stage.ask_for_avatar(providers)
        await stage.see(lambda seen: len(seen.pictures) > 30)
        avatar = stage.trainee.remote_participants[stage.avatar_identity]
        kinds = [track.kind for track in avatar.track_publications.values()]
        assert kinds == [rtc.TrackKind.KIND_VIDEO]


async def test_fault_late_audio_publishes_the_sound_later(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession
) -> None:
    await providers.faults("bey:late-audio=3")
    async with room(livekit, http) as stage:
        published: dict[rtc.TrackKind.ValueType, float] = {}
        stage.trainee.on(
            "track_published", lambda track, _: published.setdefault(track.kind, time.monotonic())
        )
        stage.watch()
        await stage.ask_for_avatar(providers)
        await stage.see(lambda seen: bool(seen.loudness))
        apart_s = published[rtc.TrackKind.KIND_AUDIO] - published[rtc.TrackKind.KIND_VIDEO]
        # On a busy machine, the event of the picture is late.
        assert apart_s > 0.5
        spoke = time.monotonic()
        await say(stage.output(), speech_like(1))
        await stage.next_finished()
        assert stage.seen.loud_since(spoke)


async def test_fault_leaves_ends_an_avatar_that_waits_with_its_audio(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession
) -> None:
    await providers.faults("bey:late-audio=30", "bey:leaves=0.5")
    async with room(livekit, http) as stage:
        await stage.ask_for_avatar(providers)
        (session,) = await until_answer(providers.sessions, lambda s: s[0]["left_at"])
    assert session["why_left"] == "fault: left"


async def test_fault_no_source_publishes_tracks_without_a_source(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession
) -> None:
    await providers.faults("bey:no-source")
    async with room(livekit, http) as stage:
        stage.watch()
        output = stage.output()
        await stage.ask_for_avatar(providers)
        await stage.see(lambda seen: bool(seen.pictures) and bool(seen.loudness))
        avatar = stage.trainee.remote_participants[stage.avatar_identity]
        sources = [track.source for track in avatar.track_publications.values()]
        assert sources == [rtc.TrackSource.SOURCE_UNKNOWN] * 2
        spoke = time.monotonic()
        await say(output, speech_like(1))
        await stage.next_finished()
        assert stage.seen.loud_since(spoke)


async def test_faults_freezes_and_black_change_the_picture(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession
) -> None:
    # 5 s: on a slow machine, an earlier freeze would come before the first picture.
    await providers.faults("bey:freezes=5", "bey:black")
    async with room(livekit, http) as stage:
        stage.watch()
        await stage.ask_for_avatar(providers)
        seen = await stage.see(lambda s: bool(s.pictures) and bool(s.loudness))
        await stage.see(lambda s: s.loudness[-1][0] > s.pictures[-1][0] + 1)
        assert len(seen.pictures) <= 6 * FPS
        assert seen.pictures[0][1].max() < 30


async def test_fault_leaves_speaking_ends_the_avatar_within_a_line(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession
) -> None:
    await providers.faults("bey:leaves-speaking=0.5")
    async with room(livekit, http) as stage:
        output = stage.output()
        await stage.ask_for_avatar(providers)
        await say(output, speech_like(3))
        (session,) = await until_answer(providers.sessions, lambda s: s[0]["left_at"])
        assert stage.finished.empty()
    assert session["why_left"] == "fault: left while speaking"
    assert session["segments"] == 1


@pytest.mark.parametrize("fault", ["bey:stalls", "bey:no-finish"])
async def test_fault_stops_the_report_of_the_end(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession, fault: str
) -> None:
    await providers.faults(fault)
    async with room(livekit, http) as stage:
        stage.watch()
        output = stage.output()
        await stage.ask_for_avatar(providers)
        await stage.see(lambda seen: bool(seen.loudness))
        spoke = time.monotonic()
        await say(output, speech_like(0.5))
        if fault == "bey:no-finish":
            await stage.see(lambda seen: bool(seen.loud_since(spoke)))
        with pytest.raises(TimeoutError):
            await stage.next_finished(1.5)
        assert bool(stage.seen.loud_since(spoke)) == (fault == "bey:no-finish")


async def test_fault_early_finish_reports_the_end_too_early(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession
) -> None:
    await providers.faults("bey:early-finish")
    async with room(livekit, http) as stage:
        output = stage.output()
        await stage.ask_for_avatar(providers)
        await say(output, speech_like(2))
        finished = await stage.next_finished()
    assert finished.playback_position < 0.2


async def test_fault_clear_fails_lets_the_speech_continue(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession
) -> None:
    await providers.faults("bey:clear-fails")
    async with room(livekit, http) as stage:
        stage.watch()
        output = stage.output()
        await stage.ask_for_avatar(providers)
        await stage.see(lambda seen: bool(seen.loudness))
        spoke = time.monotonic()
        await say(output, speech_like(6))
        await stage.see(lambda s: len(s.loud_since(spoke)) > 20)
        output.clear_buffer()
        cleared = time.monotonic()
        await stage.see(lambda s: any(at > cleared + 0.7 for at in s.loud_since(cleared)))
