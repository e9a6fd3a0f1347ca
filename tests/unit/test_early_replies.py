"""Replies that begin before the trainee's turn is over, with the turn handling of Flux."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from typing import Any

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import (
    Agent,
    AgentSession,
    LanguageCode,
    ModelSettings,
    function_tool,
    stt,
)
from livekit.agents.voice import io

from agent.conversation.session_events import forward_session_events, keep_early_replies
from agent.core.events import Events, ReplyFailed
from agent.core.settings import VoiceSettings
from agent.speech.recognition import build_recognition
from agent.speech.recognition_models import RecognitionChoice
from tests.fakes.audio_session import Microphone
from tests.fakes.scripted_llm import Says, ScriptedLLM
from tests.support.waiting import until

Kind = stt.SpeechEventType
_RATE = 24_000


class Speaker(io.AudioOutput):
    """Plays at once what it is given; `heard` has the first sample of each frame."""

    def __init__(self) -> None:
        super().__init__(label="speaker", capabilities=io.AudioOutputCapabilities(pause=False))
        self.heard: list[int] = []
        self.endless = False
        """Play until it is stopped."""
        self._seconds = 0.0

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        self.heard.append(int(np.frombuffer(frame.data, np.int16)[0]))
        self._seconds += frame.duration

    def flush(self) -> None:
        super().flush()
        if self.endless:
            return
        if self._seconds:
            self.on_playback_finished(playback_position=self._seconds, interrupted=False)
        self._seconds = 0.0

    def clear_buffer(self) -> None:
        if self.endless:
            self.endless = False
            # An avatar reports a little later where it has stopped.
            asyncio.get_running_loop().call_later(
                0.05, lambda: self.on_playback_finished(playback_position=0.1, interrupted=True)
            )
        self._seconds = 0.0


class Listener(Agent):
    """An agent that hears scripted events, and whose voice encodes its words as numbers."""

    def __init__(self, early_replies_of: str = "flux-general-en") -> None:
        settings = VoiceSettings.from_env({"GOOGLE_API_KEY": "g", "DEEPGRAM_API_KEY": "d"})
        flux, other = (
            build_recognition(settings, RecognitionChoice(model, ("en",)), Events())
            for model in ("flux-general-multi", early_replies_of)
        )
        turns = flux.turn_handling
        turns["preemptive_generation"] = other.turn_handling["preemptive_generation"]
        super().__init__(instructions="", stt=flux.stt, turn_handling=turns)
        self.events: asyncio.Queue[stt.SpeechEvent] = asyncio.Queue()
        self.synthesised: list[str] = []
        self.looking = asyncio.Event()
        self.found = asyncio.Event()

    async def stt_node(
        self, audio: AsyncIterable[rtc.AudioFrame], model_settings: ModelSettings
    ) -> AsyncGenerator[stt.SpeechEvent, None]:
        while True:
            yield await self.events.get()

    async def tts_node(
        self, text: AsyncIterable[str], model_settings: ModelSettings
    ) -> AsyncGenerator[rtc.AudioFrame, None]:
        async for piece in text:
            if not piece.strip().isdigit():
                continue
            self.synthesised.append(f"reply {piece.strip()}")
            samples = np.full(_RATE // 50, int(piece), np.int16)
            yield rtc.AudioFrame(samples.tobytes(), _RATE, 1, len(samples))

    @function_tool
    async def look_up(self) -> str:
        """Look something up."""
        self.looking.set()
        await self.found.wait()
        return "found"

    def hear(self, kind: Kind, text: str = "") -> None:
        said = [stt.SpeechData(language=LanguageCode("en"), text=text)] if text else []
        self.events.put_nowait(stt.SpeechEvent(type=kind, alternatives=said))


class Talk:
    def __init__(self, *replies: Says, early_replies_of: str = "flux-general-en") -> None:
        self.llm, self.speaker = ScriptedLLM(*replies), Speaker()
        self.agent = Listener(early_replies_of)
        self.session: AgentSession[Any] = AgentSession(
            llm=self.llm, session_close_transcript_timeout=0.1
        )

    async def __aenter__(self) -> Talk:
        self.session.input.audio, self.session.output.audio = Microphone(), self.speaker
        await self.session.start(self.agent, record=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.aclose()

    async def synthesised(self, text: str) -> None:
        await until(lambda: text in self.agent.synthesised, 30, f"{text!r} was not synthesised")


@pytest.fixture(autouse=True)
def _no_livekit_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIVEKIT_API_KEY", raising=False)


async def test_early_reply_is_spoken_once_the_turn_ends_with_the_same_words() -> None:
    async with Talk(Says("reply 1")) as talk:
        talk.agent.hear(Kind.START_OF_SPEECH)
        talk.agent.hear(Kind.PREFLIGHT_TRANSCRIPT, "How long does it take?")
        await talk.synthesised("reply 1")
        await asyncio.sleep(0.1)
        assert talk.speaker.heard == []
        talk.agent.hear(Kind.FINAL_TRANSCRIPT, "How long does it take?")
        talk.agent.hear(Kind.END_OF_SPEECH)
        await until(lambda: talk.speaker.heard == [1], 30, "the reply was not spoken")
        assert len(talk.llm.asked) == 1


@pytest.mark.parametrize("resumes", [True, False])
async def test_early_reply_to_other_words_is_never_spoken(resumes: bool) -> None:
    async with Talk(Says("reply 1"), Says("reply 2")) as talk:
        talk.agent.hear(Kind.START_OF_SPEECH)
        talk.agent.hear(Kind.PREFLIGHT_TRANSCRIPT, "How long")
        await talk.synthesised("reply 1")
        if resumes:
            talk.agent.hear(Kind.INTERIM_TRANSCRIPT, "How long does it")
        talk.agent.hear(Kind.FINAL_TRANSCRIPT, "How long does it take?")
        talk.agent.hear(Kind.END_OF_SPEECH)
        await until(lambda: talk.speaker.heard != [], 30, "no reply was spoken")
        await asyncio.sleep(0.1)
        assert talk.speaker.heard == [2]


async def test_reply_begins_early_after_a_turn_with_many_pauses() -> None:
    parts = ["How long", "does it", "take me", "to watch", "all of it?"]
    async with Talk(*(Says(f"reply {number}") for number in range(1, 6))) as talk:
        talk.agent.hear(Kind.START_OF_SPEECH)
        for number in range(1, 6):
            said = " ".join(parts[:number])
            talk.agent.hear(Kind.INTERIM_TRANSCRIPT, said)
            talk.agent.hear(Kind.PREFLIGHT_TRANSCRIPT, said)
            await talk.synthesised(f"reply {number}")
        talk.agent.hear(Kind.FINAL_TRANSCRIPT, " ".join(parts))
        talk.agent.hear(Kind.END_OF_SPEECH)
        await until(lambda: talk.speaker.heard != [], 30, "no reply was spoken")
        await asyncio.sleep(0.1)
        assert talk.speaker.heard == [5]


async def test_few_replies_are_prepared_in_one_turn_with_nova_3() -> None:
    replies = [Says(f"reply {number}") for number in range(1, 8)]
    async with Talk(*replies, early_replies_of="nova-3") as talk:
        talk.agent.hear(Kind.START_OF_SPEECH)
        for number in range(1, 7):
            talk.agent.hear(Kind.PREFLIGHT_TRANSCRIPT, "and then " * number)
            if number <= 4:
                await talk.synthesised(f"reply {number}")
        talk.agent.hear(Kind.FINAL_TRANSCRIPT, "and then " * 6)
        talk.agent.hear(Kind.END_OF_SPEECH)
        await until(lambda: talk.speaker.heard != [], 30, "no reply was spoken")
        await asyncio.sleep(0.1)
        assert talk.speaker.heard == [5]
        assert len(talk.llm.asked) == 5


async def test_early_reply_without_the_result_of_a_function_is_never_spoken() -> None:
    # https://github.com/livekit/agents-js/issues/1365
    replies = [Says(calls=[("look_up", {})]), Says("reply 1"), Says("reply 2"), Says("reply 3")]
    async with Talk(*replies) as talk:
        talk.agent.hear(Kind.START_OF_SPEECH)
        talk.agent.hear(Kind.FINAL_TRANSCRIPT, "Look it up.")
        talk.agent.hear(Kind.END_OF_SPEECH)
        await asyncio.wait_for(talk.agent.looking.wait(), 30)
        await until(lambda: talk.session.current_speech is None, 30, "the function blocks speech")
        talk.agent.hear(Kind.START_OF_SPEECH)
        talk.agent.hear(Kind.PREFLIGHT_TRANSCRIPT, "And hurry.")
        await talk.synthesised("reply 1")
        talk.agent.hear(Kind.FINAL_TRANSCRIPT, "And hurry.")
        talk.agent.hear(Kind.END_OF_SPEECH)
        await asyncio.sleep(0.1)
        assert talk.speaker.heard == []
        talk.agent.found.set()
        await until(lambda: talk.speaker.heard != [], 30, "no reply was spoken")
        await asyncio.sleep(0.2)
        assert 1 not in talk.speaker.heard
        asked_last = [item.type for item in talk.llm.asked[-1].items]
        assert "function_call_output" in asked_last


async def test_early_reply_to_an_interruption_knows_the_interrupted_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    replies = [Says("reply 1"), Says("reply 2"), Says("reply 3")]
    async with Talk(*replies) as talk:
        keep_early_replies(talk.session)
        talk.speaker.endless = True
        talk.agent.hear(Kind.START_OF_SPEECH)
        talk.agent.hear(Kind.FINAL_TRANSCRIPT, "How long does it take?")
        talk.agent.hear(Kind.END_OF_SPEECH)
        await until(lambda: talk.speaker.heard == [1], 30, "no reply was spoken")
        talk.agent.hear(Kind.START_OF_SPEECH)
        talk.session.interrupt()
        talk.agent.hear(Kind.PREFLIGHT_TRANSCRIPT, "Stop, please.")
        await talk.synthesised("reply 3")
        talk.agent.hear(Kind.FINAL_TRANSCRIPT, "Stop, please.")
        talk.agent.hear(Kind.END_OF_SPEECH)
        await until(lambda: len(talk.speaker.heard) > 1, 30, "the reply was not spoken")
    assert talk.speaker.heard == [1, 3]
    interrupted = [
        item.interrupted
        for item in talk.llm.asked[-1].items
        if item.type == "message" and item.role == "assistant"
    ]
    assert interrupted == [True]
    assert "invalidated" not in caplog.text


async def test_early_reply_that_fails_is_asked_for_again_at_the_end_of_the_turn() -> None:
    fails = Says(breaks_off=True)
    async with Talk(fails, Says("reply 2"), fails, fails) as talk:
        events = Events()
        failed: list[ReplyFailed] = []
        events.on(ReplyFailed, failed.append)
        forward_session_events(talk.session, events)
        for asked, said in ((1, "How long does it take?"), (3, "And then?")):
            talk.agent.hear(Kind.START_OF_SPEECH)
            talk.agent.hear(Kind.PREFLIGHT_TRANSCRIPT, said)
            await until(lambda: len(talk.llm.asked) == asked, 30, "no early reply began")  # noqa: B023
            await asyncio.sleep(0.1)
            assert failed == []
            talk.agent.hear(Kind.FINAL_TRANSCRIPT, said)
            talk.agent.hear(Kind.END_OF_SPEECH)
            await until(lambda: len(talk.llm.asked) > asked, 30, "the reply was not begun again")  # noqa: B023
            if asked == 1:
                await until(lambda: talk.speaker.heard == [2], 30, "the reply was not spoken")
                await until(lambda: talk.session.agent_state == "listening", 30, "still speaking")
        await until(lambda: failed == [ReplyFailed()], 30, "the failed reply was not reported")
