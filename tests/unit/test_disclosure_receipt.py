"""The disclosure receipt: what the trainee was shown and told, and whether they heard it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from livekit import rtc

from agent.core.events import OpeningFinished, OpeningStarted, RecordingChanged
from agent.greeting.observers.disclosure_receipt import DisclosureReceipt
from agent.outcomes.outcome import Disclosure, Recorded
from agent.room.contract import RPC_CAN_HEAR, RPC_LABELS_SHOWN
from agent.scripts.disclosure import ai_disclosure_in
from tests.fakes.greeting import FakeGreeting
from tests.fakes.room import OURS
from tests.fakes.scripted_llm import ScriptedLLM

UNLOCKED = '{"sound_unlocked": true, "audio_from": ["agent"]}'
LOCKED = '{"sound_unlocked": false, "audio_from": ["agent"]}'


@asynccontextmanager
async def greeted(*, ours: bool = True) -> AsyncIterator[FakeGreeting]:
    """A greeting before the opening, with the trainee in the room."""
    fake = FakeGreeting(ScriptedLLM(), {}, {})
    DisclosureReceipt(fake.greeting)
    fake.page_rpcs()
    fake.greeting.trainee.watch()
    fake.room.trainee_joins(**(OURS if ours else {}))
    yield fake


def receipt(fake: FakeGreeting) -> Disclosure:
    return fake.state.disclosure


async def test_receipt_has_the_label_the_words_and_the_script() -> None:
    async with greeted() as fake:
        assert await fake.room.says(RPC_LABELS_SHOWN, '{"ai": 2000}') == "ok"
        await fake.room.says(RPC_CAN_HEAR, UNLOCKED)
        fake.open()
        told, script = receipt(fake), fake.state.script
        assert (told.script, told.script_version) == (script.name, script.version)
        assert (told.locale, told.mode) == (script.locale, "voice")
        assert told.ai.words == script.ai_disclosure
        assert told.ai.words in script.opening
        assert told.ai.heard_to_end
        assert told.ai.label_at is not None
        assert told.ai.said_at is not None
        assert told.ai.said_at - told.ai.label_at >= timedelta(seconds=1.9)
        assert told.recording is None, "nothing is recorded"


async def test_receipt_keeps_the_first_time_of_a_label() -> None:
    async with greeted() as fake:
        await fake.room.says(RPC_LABELS_SHOWN, '{"ai": 60000}')
        first = receipt(fake).ai.label_at
        await fake.room.says(RPC_LABELS_SHOWN, '{"ai": 10}')
        assert receipt(fake).ai.label_at == first
        assert first is not None
        assert datetime.now(UTC) - first > timedelta(seconds=59)


@pytest.mark.parametrize("payload", ["", "[]", '{"ai": "soon"}', '{"ai": null}'])
async def test_receipt_refuses_an_unreadable_label_report(payload: str) -> None:
    async with greeted() as fake:
        with pytest.raises(rtc.RpcError):
            await fake.room.says(RPC_LABELS_SHOWN, payload)


@pytest.mark.parametrize("payload", ['{"ai": -1}', '{"ai": 1e12}', '{"ai": NaN}', '{"sky": 1}'])
async def test_receipt_ignores_an_impossible_label_report(payload: str) -> None:
    async with greeted() as fake:
        await fake.room.says(RPC_LABELS_SHOWN, payload)
        assert receipt(fake).ai.label_at is None


async def test_receipt_says_if_the_opening_was_not_heard() -> None:
    async with greeted() as fake:
        await fake.room.says(RPC_CAN_HEAR, LOCKED)
        fake.open()
        assert receipt(fake).ai.said_at is not None
        assert not receipt(fake).ai.heard_to_end, "the browser played no sound"
    async with greeted() as fake:
        fake.open()
        assert not receipt(fake).ai.heard_to_end, "our page reported nothing"
    async with greeted() as fake:
        await fake.room.says(RPC_CAN_HEAR, UNLOCKED)
        fake.events.emit(OpeningStarted(fake.state.script.opening))
        fake.events.emit(OpeningFinished(interrupted=True))
        assert not receipt(fake).ai.heard_to_end, "the line was cut off"
    async with greeted() as fake:
        await fake.room.says(RPC_CAN_HEAR, UNLOCKED)
        fake.events.emit(OpeningStarted(fake.state.script.opening))
        fake.room.leaves("trainee")
        fake.room.trainee_joins(**OURS)
        fake.events.emit(OpeningFinished(interrupted=False))
        assert not receipt(fake).ai.heard_to_end, "the trainee was away for a part of it"


async def test_receipt_counts_another_client_and_text_mode_as_heard() -> None:
    async with greeted(ours=False) as fake:
        fake.open()
        assert receipt(fake).ai.heard_to_end
    async with greeted() as fake:
        fake.greeting.output.use_text("speech_failed")
        fake.open()
        assert receipt(fake).ai.heard_to_end
        assert receipt(fake).mode == "text"


async def test_receipt_keeps_what_an_earlier_agent_said_and_was_heard() -> None:
    async with greeted() as fake:
        fake.open()
        script = fake.state.script
        before = receipt(fake).model_copy(deep=True)
        before.ai.heard_to_end = True
        fake.state.disclosure = before.model_copy(deep=True)
        fake.state.recording = Recorded(by="worker", status="recording")
        await fake.room.says(RPC_CAN_HEAR, LOCKED)
        fake.events.emit(OpeningStarted(f"We go on. {script.recording_disclosure} Ready?"))
        fake.events.emit(OpeningFinished(interrupted=False))
        told = receipt(fake)
        assert told.ai == before.ai
        assert told.mode == before.mode
        assert told.recording is not None
        assert told.recording.said_at is not None
        assert not told.recording.heard_to_end


async def test_receipt_has_the_notice_of_a_recording() -> None:
    async with greeted() as fake:
        fake.state.recording = Recorded(by="worker", status="recording")
        fake.events.emit(RecordingChanged())
        await fake.room.says(RPC_CAN_HEAR, UNLOCKED)
        await fake.room.says(RPC_LABELS_SHOWN, '{"ai": 500, "recording": 100}')
        fake.events.emit(OpeningStarted(fake.state.script.opening_recorded))
        fake.events.emit(OpeningFinished(interrupted=False))
        told = receipt(fake).recording
        assert told is not None
        assert told.words == fake.state.script.recording_disclosure
        assert told.label_at is not None
        assert told.heard_to_end


async def test_receipt_does_not_claim_words_that_were_not_said() -> None:
    async with greeted() as fake:
        await fake.room.says(RPC_CAN_HEAR, UNLOCKED)
        fake.events.emit(OpeningStarted("Welcome! What brings you here?"))
        fake.events.emit(OpeningFinished(interrupted=False))
        assert receipt(fake).ai.words == ""
        assert receipt(fake).ai.said_at is None
        assert not receipt(fake).ai.heard_to_end


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hi. I am an AI guide. Ready?", "I am an AI guide."),
        ("Hallo! Ich bin eine KI. Los?", "Ich bin eine KI."),
        ("Bonjour. J'ai une question.", ""),
    ],
)
def test_ai_disclosure_is_the_sentence_that_says_it(text: str, words: str) -> None:
    assert ai_disclosure_in(text, "not in the line") == words
