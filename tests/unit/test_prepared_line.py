"""A line that is synthesised before it is said."""

from __future__ import annotations

import asyncio

from agent.core.events import Events, LineLost, NoVoiceLeft
from agent.speech.prepared_line import PreparedLine
from agent.speech.synthesis import FallbackVoices
from tests.fakes.voice import FakeVoice

TEXT = "Welcome to your training."
EXPECTED_S = 8.0


class Prepared:
    """A prepared line, and what it emitted."""

    def __init__(self, *voices: FakeVoice) -> None:
        events = Events()
        self.lost: list[object] = []
        events.on(LineLost, self.lost.append)
        events.on(NoVoiceLeft, self.lost.append)
        self.line = PreparedLine(
            FallbackVoices([*voices]), TEXT, expected_s=EXPECTED_S, events=events
        )

    async def synthesised(self) -> None:
        await asyncio.wait_for(self.line._task, 30)


async def test_line_of_a_fast_voice_is_complete() -> None:
    prepared = Prepared(FakeVoice(sound_s=EXPECTED_S / 10))
    await prepared.synthesised()
    audio = prepared.line.audio()
    assert audio is not None
    assert sum([frame.duration async for frame in audio]) >= EXPECTED_S / 10
    assert not prepared.lost


async def test_line_that_a_fast_voice_says_while_it_plays_is_not_lost() -> None:
    prepared = Prepared(FakeVoice(sound_s=EXPECTED_S / 10))
    assert prepared.line.audio() is not None
    await prepared.synthesised()
    assert not prepared.lost


async def test_line_whose_voice_failed_after_its_first_sound_is_said_again() -> None:
    second = FakeVoice(sound_s=EXPECTED_S)
    prepared = Prepared(FakeVoice(sound_s=0.2, fails=True), second)
    await prepared.synthesised()
    assert prepared.line.audio() is None
    assert second.lines == 0


async def test_line_whose_voice_fails_while_it_plays_is_lost() -> None:
    prepared = Prepared(FakeVoice(sound_s=0.2, fails=True), FakeVoice(sound_s=EXPECTED_S))
    assert prepared.line.audio() is not None
    await prepared.synthesised()
    assert [type(event) for event in prepared.lost] == [LineLost]


async def test_line_of_the_second_voice_is_complete() -> None:
    prepared = Prepared(FakeVoice(sound_s=0, fails=True), FakeVoice(sound_s=EXPECTED_S))
    await prepared.synthesised()
    assert prepared.line.audio() is not None
    assert not prepared.lost
