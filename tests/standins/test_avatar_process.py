"""Each avatar has a process of its own: a crash takes no other avatar along."""

from __future__ import annotations

import os
import signal

import aiohttp

from agent.demo.livekit_server import LiveKitServer
from tests.standins.stage import room, say, speech_like
from tests.support.providers import Providers
from tests.support.waiting import until, until_answer


async def test_avatar_crash_ends_that_avatar_alone_and_is_reported(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession
) -> None:
    async with room(livekit, http) as first, room(livekit, http) as second:
        output = second.output()
        for stage in (first, second):
            await stage.ask_for_avatar(providers)
        sessions = await until_answer(
            providers.sessions, lambda s: all(each["joined_at"] for each in s)
        )
        crashes, stays = (each["pid"] for each in sessions)
        os.kill(crashes, signal.SIGABRT)
        crashed, other = await until_answer(providers.sessions, lambda s: s[0]["left_at"])
        assert (crashed["crashed"], crashed["why_left"]) == (True, "crashed: exit code -6")
        assert (other["crashed"], other["left_at"], other["pid"]) == (False, None, stays)
        await say(output, speech_like(0.5))
        assert not (await second.next_finished()).interrupted


async def test_avatar_process_ends_when_the_records_are_reset(
    livekit: LiveKitServer, providers: Providers, http: aiohttp.ClientSession
) -> None:
    async with room(livekit, http) as stage:
        await stage.ask_for_avatar(providers)

        async def present() -> bool:
            return stage.avatar_identity in stage.trainee.remote_participants

        await until_answer(present)
        (session,) = await providers.sessions()
        await providers.reset()
        await until_answer(present, lambda there: not there)
        assert await providers.sessions() == []
        await until(lambda: _has_ended(session["pid"]))


def _has_ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False
