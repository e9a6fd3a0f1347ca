"""The filter of the trainee's words, between a recogniser and a session that tests control."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from livekit.agents import stt
from livekit.agents.stt import SpeechEvent, SpeechEventType

from agent.conversation.agent_line import AgentLine
from agent.conversation.state import GreetingState
from agent.conversation.trainee_words import TraineeWords
from agent.conversation.voice_activity import VoiceActivity
from agent.core.events import SpeechRecognised
from agent.core.job_metadata import JobMetadata
from tests.fakes.speech_session import FakeSession
from tests.support.waiting import until

LINE = "Hello and welcome to the course. I am Maya. What do you wish to know about it?"
"""What the agent says."""
START, END = SpeechEventType.START_OF_SPEECH, SpeechEventType.END_OF_SPEECH
INTERIM, FINAL = SpeechEventType.INTERIM_TRANSCRIPT, SpeechEventType.FINAL_TRANSCRIPT
EAGER = SpeechEventType.PREFLIGHT_TRANSCRIPT


class RecognisedWords:
    """Sends recognised words through the filter, and keeps what has passed it."""

    def __init__(self, locale: str = "en") -> None:
        self.session = FakeSession()
        state = GreetingState(metadata=JobMetadata(locale=locale))
        self.events = state.events
        self.events.on(SpeechRecognised, self._on_recognised)
        self.recognised = 0
        line = AgentLine(cast(Any, self.session), self.events)
        self._texts = line.texts
        self.begin_line(LINE)
        self.activity = VoiceActivity(line)
        self.words = TraineeWords(self.activity, state)
        self.heard: asyncio.Queue[SpeechEvent | Exception] = asyncio.Queue()
        self.passed: list[tuple[SpeechEventType, str]] = []

    @property
    def texts(self) -> list[str]:
        return [text for kind, text in self.passed if kind is FINAL]

    def begin_line(self, text: str) -> None:
        """Set the text of the line that the agent says next."""
        self._texts.begin().text = text

    def says(self, text: str, *kinds: SpeechEventType) -> None:
        """The recogniser sends these events; by default, a whole turn of Flux."""
        for kind in kinds or (START, INTERIM, EAGER, FINAL, END):
            data = [stt.SpeechData(language=cast(Any, "en"), text=text)]
            has_text = kind not in (START, END)
            self.heard.put_nowait(SpeechEvent(type=kind, alternatives=data if has_text else []))

    async def settle(self) -> None:
        await until(self.heard.empty, 30, "events were not read")
        await asyncio.sleep(0.01)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.run())
        await asyncio.sleep(0.01)
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def run(self) -> None:
        async for event in self.words.filter(self._recogniser()):
            text = event.alternatives[0].text if event.alternatives else ""
            self.passed.append((event.type, text))

    async def _recogniser(self) -> AsyncGenerator[SpeechEvent, None]:
        while True:
            event = await self.heard.get()
            if isinstance(event, Exception):
                raise event
            yield event

    def _on_recognised(self, _: SpeechRecognised) -> None:
        self.recognised += 1
