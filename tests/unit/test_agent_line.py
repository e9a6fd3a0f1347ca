"""`AgentLine` continues a line after a long pause."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agent.conversation import agent_line
from agent.conversation.agent_line import AgentLine
from agent.core.events import Events, SpeechRecognised
from tests.fakes.speech_session import FakeSession
from tests.support.clock import Clock
from tests.support.waiting import until

LONGEST_S = 60


class Setup:
    def __init__(self) -> None:
        self.resumed = 0
        self.events = Events()
        self.session = FakeSession()
        vars(self.session)["output"] = SimpleNamespace(audio=SimpleNamespace(resume=self._resume))
        self.line = AgentLine(cast(Any, self.session), self.events)

    def _resume(self) -> None:
        self.resumed += 1


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch) -> Setup:
    monkeypatch.setattr(agent_line, "_LONGEST_PAUSE_S", LONGEST_S)
    return Setup()


async def test_line_goes_on_after_a_long_pause_without_words(setup: Setup, clock: Clock) -> None:
    setup.session.speaks()
    setup.session.changes_to("listening")
    clock.ahead_s = 0.6 * LONGEST_S
    setup.events.emit(SpeechRecognised())
    clock.ahead_s = 1.2 * LONGEST_S
    await asyncio.sleep(0.05)
    assert setup.resumed == 0
    clock.ahead_s = 2 * LONGEST_S
    await until(lambda: setup.resumed == 1, 30, "the line did not go on")


async def test_line_that_was_continued_is_left_alone(setup: Setup, clock: Clock) -> None:
    setup.session.speaks()
    setup.session.changes_to("listening")
    setup.session.changes_to("speaking")
    clock.ahead_s = 2 * LONGEST_S
    await asyncio.sleep(0.05)
    assert setup.resumed == 0


async def test_line_that_is_over_is_left_alone(setup: Setup, clock: Clock) -> None:
    speech = setup.session.speaks()
    setup.session.changes_to("listening")
    speech.ends()
    clock.ahead_s = 2 * LONGEST_S
    await asyncio.sleep(0.05)
    assert setup.resumed == 0
