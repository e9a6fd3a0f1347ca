"""Which recognised words reach the session, with events as nova-3 and Flux send them."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from livekit import rtc
from livekit.agents import APIConnectionError, stt
from livekit.agents.stt import SpeechEvent, SpeechEventType
from livekit.agents.types import TimedString

from agent.conversation import echo_filter, waiting_words
from agent.conversation.agent_line import AgentLine
from agent.conversation.backchannel import is_backchannel
from agent.conversation.echo import is_echo
from agent.conversation.trainee_words import TraineeWords
from agent.conversation.voice_activity import VoiceActivity
from agent.core.events import Events, SpeechRecognised
from tests.fakes.speech_session import FakeSession
from tests.support.waiting import until

LINE = "Hello and welcome to the course. I am Maya. What do you wish to know about it?"
START, END = SpeechEventType.START_OF_SPEECH, SpeechEventType.END_OF_SPEECH
INTERIM, FINAL = SpeechEventType.INTERIM_TRANSCRIPT, SpeechEventType.FINAL_TRANSCRIPT
EAGER = SpeechEventType.PREFLIGHT_TRANSCRIPT


class Setup:
    """The filter between a recogniser and a session."""

    def __init__(self, locale: str = "en") -> None:
        self.session = FakeSession()
        events = Events()
        events.on(SpeechRecognised, self._on_recognised)
        self.recognised = 0
        self.activity = VoiceActivity()
        line = AgentLine(cast(Any, self.session))
        self.words = TraineeWords(
            line, self.activity, events, locale=lambda: locale, line_text=lambda: LINE
        )
        self.heard: asyncio.Queue[SpeechEvent | Exception] = asyncio.Queue()
        self.passed: list[tuple[SpeechEventType, str]] = []

    @property
    def texts(self) -> list[str]:
        return [text for kind, text in self.passed if kind is FINAL]

    def says(self, text: str, *kinds: SpeechEventType) -> None:
        """The recogniser sends these events; by default, a whole turn of Flux."""
        for kind in kinds or (START, INTERIM, EAGER, FINAL, END):
            data = [stt.SpeechData(language=cast(Any, "en"), text=text)]
            has_text = kind not in (START, END)
            self.heard.put_nowait(SpeechEvent(type=kind, alternatives=data if has_text else []))

    async def settle(self) -> None:
        await until(self.heard.empty, 1, "events were not read")
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


@pytest.fixture
async def setup() -> AsyncIterator[Setup]:
    made = Setup()
    async with made.running():
        yield made


async def test_words_during_the_opening_are_delivered_after_it(setup: Setup) -> None:
    opening = setup.session.speaks(allow_interruptions=False)
    setup.says("How long is the video?")
    setup.says("And where is it?")
    await setup.settle()
    assert setup.passed == []
    assert setup.recognised > 0, "the silence check-in takes the trainee for silent"
    opening.ends()
    setup.words.release()
    await setup.settle()
    assert setup.passed == [(FINAL, "How long is the video? And where is it?"), (END, "")]


async def test_turn_that_is_open_at_the_end_of_the_opening_ends_by_itself(setup: Setup) -> None:
    setup.session.speaks(allow_interruptions=False)
    setup.says("Hello", START, INTERIM, FINAL)
    await setup.settle()
    setup.words.release()
    setup.says("how long is it?", INTERIM, FINAL, END)
    await setup.settle()
    assert setup.texts == ["Hello", "how long is it?"]
    assert [kind for kind, _ in setup.passed].count(END) == 1


async def test_words_kept_while_recognition_is_down_are_delivered_later() -> None:
    setup = Setup()
    setup.session.speaks(allow_interruptions=False)
    setup.says("How long is it?")
    setup.heard.put_nowait(APIConnectionError())
    with pytest.raises(APIConnectionError):
        await setup.run()
    setup.words.release()
    async with setup.running():
        assert setup.texts == ["How long is it?"]


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "Mm-hm."),
        ("en", "Okay."),
        ("en", "Yeah, okay."),
        ("en", "You"),
        ("de", "Uh..."),
        ("de", "Ja."),
        ("de-AT", "Ach so, okay."),
        ("es", "Vale."),
        ("es-MX", "Sí, sí."),
        ("fr", "Oui."),
        ("fr", "D’accord."),
        ("en", "Exactly."),
        ("en", "Absolutely, cool."),
        ("en", "Perfect."),
        ("en", "Super."),
        ("en", "Mhm, mhm, mhm, mhm, mhm, mhm."),
        ("en", "Okay?"),
        ("de", "Achso."),
        ("de", "Na klar."),
        ("de", "In Ordnung."),
        ("de", "Natürlich."),
        ("de", "Yeah, okay."),
        ("es", "Exacto."),
        ("es", "Así es."),
        ("es", "Ya veo."),
        ("es", "Claro que sí."),
        ("es", "Yes."),
        ("fr", "Exactement."),
        ("fr", "Tout à fait."),
        ("fr", "Bien sûr."),
        ("fr", "Hum."),
        ("fr", "Yeah."),
    ],
)
async def test_backchannel_does_not_reach_the_session(locale: str, text: str) -> None:
    setup = Setup(locale)
    setup.words.release()
    async with setup.running():
        speech = setup.session.speaks()
        setup.says(text)
        setup.says(text, INTERIM, FINAL)
        await setup.settle()
        assert setup.passed == []
        assert not speech.interrupted


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "No."),
        ("en", "Okay, but how long?"),
        ("en", "Right?"),
        ("en", "Exactly how long?"),
        ("en", "Perfect, stop."),
        ("en", "Yes, I see it all of course."),
        ("de", "Nein."),
        ("de", "In Ordnung?"),
        ("de", "Natürlich nicht."),
        ("es", "Oui."),
        ("es", "¿Es así?"),
        ("es", "¿Qué?"),
        ("es", "Claro que no."),
        ("fr", "Non."),
        ("fr", "Tout à fait faux."),
        ("pl", "Yes."),
    ],
)
def test_words_with_a_meaning_are_no_backchannel(locale: str, text: str) -> None:
    assert not is_backchannel(text, locale)


async def test_backchannel_continues_the_line_when_its_sound_ends(setup: Setup) -> None:
    setup.words.release()
    setup.session.speaks()
    setup.says("Okay.", START, INTERIM, EAGER)
    await setup.settle()
    assert setup.session.resumed == 0
    setup.says("Okay.", FINAL, END)
    await setup.settle()
    assert setup.session.resumed == 1
    setup.session.user_state = "speaking"
    setup.says("Okay.")
    await setup.settle()
    assert setup.session.resumed == 1
    for _ in range(2):
        setup.session.changes_to("listening", "user_state_changed")
        assert setup.session.resumed == 2


async def test_backchannel_is_an_answer_if_the_line_ends_then(setup: Setup) -> None:
    setup.words.release()
    speech = setup.session.speaks()
    setup.says("Yes.")
    await setup.settle()
    assert setup.passed == []
    speech.ends()
    await setup.settle()
    assert setup.passed == [(FINAL, "Yes."), (END, "")]


async def test_backchannel_is_forgotten_if_the_line_goes_on(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_words, "_ANSWER_S", 0.05)
    setup.words.release()
    speech = setup.session.speaks()
    setup.says("Okay.")
    await setup.settle()
    await asyncio.sleep(0.1)
    speech.ends()
    await setup.settle()
    assert setup.passed == []


async def test_backchannel_while_the_agent_listens_is_an_answer(setup: Setup) -> None:
    setup.words.release()
    setup.session.speaks().ends()
    setup.says("Yes.")
    await setup.settle()
    assert setup.texts == ["Yes."]


async def test_words_after_a_backchannel_are_delivered_with_it(setup: Setup) -> None:
    setup.words.release()
    setup.session.speaks()
    setup.says("Okay.", INTERIM, FINAL)
    setup.says("How long is it?", INTERIM, FINAL)
    await setup.settle()
    assert setup.texts == ["Okay.", "How long is it?"]


async def test_words_stop_the_line_before_the_recogniser_is_done(setup: Setup) -> None:
    setup.words.release()
    speech = setup.session.speaks()
    setup.says("Wait, I have", START, INTERIM)
    await setup.settle()
    assert speech.interrupted
    assert setup.passed == [(START, ""), (INTERIM, "Wait, I have")]


async def test_agent_does_not_hear_itself(setup: Setup) -> None:
    speech = setup.session.speaks(allow_interruptions=False)
    setup.says("I love age.")
    setup.says("and welcome to the course")
    await setup.settle()
    assert setup.activity.hears_echo
    speech.ends()
    setup.words.release()
    second = setup.session.speaks()
    setup.says("Some other words")
    await setup.settle()
    assert not second.interrupted
    second.ends()
    setup.says("about it")
    await setup.settle()
    assert setup.texts == []


async def test_late_echo_of_the_line_before_does_not_end_a_line(setup: Setup) -> None:
    setup.words.release()
    setup.session.speaks().ends()
    second = setup.session.speaks()
    for kind, text in (
        (START, ""),
        (INTERIM, "Hello and"),
        (INTERIM, "Hello and"),
        (INTERIM, "Hello and welcome"),
        (INTERIM, "Hello and welcome to the course"),
        (FINAL, "Hello and welcome to the course"),
        (END, ""),
    ):
        setup.says(text, kind)
    await setup.settle()
    assert not second.interrupted
    assert setup.activity.hears_echo
    second.ends()
    await setup.settle()
    assert setup.passed == []


async def test_echo_in_short_transcripts_does_not_end_a_line(setup: Setup) -> None:
    setup.words.release()
    speech = setup.session.speaks()
    for text in ("Hello", "and welcome", "to the course"):
        setup.says(text)
    await setup.settle()
    assert not speech.interrupted
    assert setup.activity.hears_echo
    speech.ends()
    await setup.settle()
    assert setup.passed == []


async def test_words_of_the_line_are_answered_after_it(setup: Setup) -> None:
    setup.words.release()
    speech = setup.session.speaks()
    setup.says("the course")
    await setup.settle()
    assert not speech.interrupted
    assert setup.passed == []
    assert setup.session.resumed == 1
    speech.ends()
    await setup.settle()
    assert setup.passed == [(FINAL, "the course"), (END, "")]


async def test_words_of_the_line_are_delivered_before_the_next_words(setup: Setup) -> None:
    setup.words.release()
    speech = setup.session.speaks()
    setup.says("the course")
    setup.says("What is that?")
    await setup.settle()
    assert speech.interrupted
    assert setup.texts == ["the course", "What is that?"]


async def test_client_with_an_echo_is_heard_between_two_lines(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(echo_filter, "_ECHO_S", 0.02)
    monkeypatch.setattr(echo_filter, "_LATE_ECHO_S", 0.2)
    setup.words.release()
    speech = setup.session.speaks()
    setup.says("Hello and welcome to the course")
    await setup.settle()
    speech.ends()
    await asyncio.sleep(0.05)
    setup.says("wish to know")
    setup.says("It takes long")
    await setup.settle()
    assert setup.texts == ["It takes long"]
    await asyncio.sleep(0.2)
    setup.says("I wish to know about it")
    await setup.settle()
    assert setup.texts[1:] == ["I wish to know about it"]


@pytest.mark.parametrize(
    "text",
    [
        "I wish to know how long it takes",
        "what do you",
        "Yes, I do wish to know what it is about",
        "Sorry, what is the course about?",
        "How long is it, and where do I have to go?",
    ],
)
def test_trainee_may_use_words_of_the_line(text: str) -> None:
    assert not is_echo(text, LINE)


async def test_answer_in_the_words_of_the_question_is_no_echo(setup: Setup) -> None:
    setup.words.release()
    speech = setup.session.speaks()
    setup.says("I wish to know about it, yes, all of that please")
    await setup.settle()
    assert speech.interrupted
    assert not setup.activity.hears_echo
    assert setup.texts == ["I wish to know about it, yes, all of that please"]


async def test_two_words_recognised_twice_stop_the_line(setup: Setup) -> None:
    setup.words.release()
    speech = setup.session.speaks()
    setup.says("Sorry, wait", START, INTERIM)
    await setup.settle()
    assert not speech.interrupted
    setup.says("Sorry, wait", INTERIM)
    await setup.settle()
    assert speech.interrupted


async def test_yes_in_the_middle_of_a_question_is_an_answer(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_words, "_ANSWER_S", 0.0)
    setup.words.release()
    for text in ("Yes.", "mm-hm"):
        speech = setup.session.speaks()
        setup.says(text)
        await setup.settle()
        assert not speech.interrupted
        speech.ends()
        await setup.settle()
    assert setup.texts == ["Yes."]


async def test_recognition_hears_silence_in_place_of_an_echo(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(echo_filter, "_ECHO_S", 0.02)
    setup.activity.echo_detected()

    async def microphone() -> AsyncIterator[rtc.AudioFrame]:
        frame = rtc.AudioFrame(b"\x01" * 320, 16_000, 1, 160)
        speech = setup.session.speaks()
        yield frame
        speech.ends()
        await asyncio.sleep(0.05)
        yield frame

    heard = [any(frame.data) async for frame in setup.words.without_echo(microphone())]
    assert heard == [False, True]


@pytest.mark.parametrize(("line_s", "certain"), [(4, False), (7, True)])
async def test_echo_that_is_misheard_is_not_answered(
    setup: Setup, recordings: dict[str, Path], line_s: int, certain: bool
) -> None:
    """The sound of the microphone is enough, whatever recognition makes of it."""
    with wave.open(str(recordings["beckett"])) as file:
        rate = file.getframerate()
        sound = file.readframes(rate * line_s)
    opening = setup.session.speaks(allow_interruptions=False)

    async def microphone() -> AsyncIterator[rtc.AudioFrame]:
        size = rate // 10
        for at in range(0, len(sound), 2 * size):
            part = sound[at : at + 2 * size]
            setup.words.agent_says(rtc.AudioFrame(part, rate, 1, len(part) // 2))
            yield rtc.AudioFrame(part, rate, 1, len(part) // 2)

    setup.says("The lawyers don't have you here", INTERIM, FINAL)
    await setup.settle()
    async for _ in setup.words.without_echo(microphone()):
        pass
    assert setup.activity.hears_echo == certain
    setup.says("I am an I am a car", INTERIM, FINAL)
    await setup.settle()
    opening.ends()
    setup.words.release()
    await setup.settle()
    assert setup.texts == []


async def test_slow_recognition_does_not_make_an_echo_an_answer(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recogniser says where in the microphone's audio the words were."""
    monkeypatch.setattr(echo_filter, "_ECHO_S", 0.05)
    monkeypatch.setattr(echo_filter, "_LATE_ECHO_S", 0.0)
    setup.activity.echo_detected()
    setup.words.release()
    speech = setup.session.speaks()
    await asyncio.sleep(0.1)
    speech.ends()
    await asyncio.sleep(0.3)

    async def microphone() -> AsyncIterator[rtc.AudioFrame]:
        yield rtc.AudioFrame(bytes(2 * 16_000), 16_000, 1, 16_000)

    async for _ in setup.words.without_echo(microphone()):
        pass
    for ago_s, text in ((0.35, "words of the line"), (0.1, "words after it")):
        words = [TimedString(text, start_time=1.0 - ago_s)]
        data = stt.SpeechData(language=cast(Any, "en"), text=text, words=words)
        setup.heard.put_nowait(SpeechEvent(type=FINAL, alternatives=[data]))
    await setup.settle()
    assert setup.texts == ["words after it"]


def test_echo_is_recognised_although_recognition_is_poor() -> None:
    heard = "Hello and well come to of course. I'm Mia, what do you fish to know a bout it?"
    assert is_echo(heard, LINE)
    assert not is_echo("Hello, my name is Ada, and I wish to hear more about the times", LINE)
