"""Replies that are cut off again and again, on a real session without audio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

from livekit.agents.language import LanguageCode
from livekit.agents.llm import ChatMessage
from livekit.agents.stt import SpeechData, SpeechEvent, SpeechEventType
from livekit.agents.voice import SpeechHandle
from livekit.agents.voice.audio_recognition import _EndOfTurnInfo, _EndOfTurnMetrics

from agent.core.events import LineAdded
from agent.core.records import Line
from agent.greeting.behaviours.finish_reply import FinishReply
from tests.fakes.greeting import FakeGreeting, fake_greeting
from tests.fakes.scripted_llm import Says

REPLY = "It takes nine minutes."


def line(fake: FakeGreeting, who: str, *, interrupted: bool = False) -> None:
    """A line of the trainee or of the agent is over."""
    text = "and now the weather"
    said = {"who": who, "at": datetime.now(UTC), "text": text, "interrupted": interrupted}
    message = ChatMessage(role="user", content=[text])
    fake.events.emit(LineAdded(Line.model_validate({**said, "typed": False}), message))


async def reply_to(fake: FakeGreeting, text: str) -> SpeechHandle:
    """Type a line, and wait until the agent generates the reply to it."""
    reply = await fake.conversation.answer_typed(text)
    assert reply is not None
    await reply._wait_for_scheduled()
    await fake.until(lambda: fake.conversation.session.agent_state == "thinking")
    return reply


def cut_off(fake: FakeGreeting, turns: int) -> None:
    """The trainee's words cut off the reply to each of their turns."""
    for _ in range(turns):
        line(fake, "trainee")
        line(fake, "guide", interrupted=True)


def is_held(fake: FakeGreeting) -> bool:
    """True if words of the trainee wait for the end of the reply."""
    return fake.conversation._words._holding


async def end_turns(fake: FakeGreeting, heard: asyncio.Queue[str]) -> None:
    """Recognise what is put into the queue. As with nova-3, the session ends turns with a delay."""
    activity = fake.conversation.session._activity
    assert activity is not None

    async def recognised() -> AsyncGenerator[SpeechEvent, None]:
        while True:
            data = [SpeechData(LanguageCode("en"), await heard.get())]
            yield SpeechEvent(SpeechEventType.FINAL_TRANSCRIPT, alternatives=data)

    async for event in fake.conversation._words.filter(recognised()):
        if event.type is SpeechEventType.FINAL_TRANSCRIPT:
            await asyncio.sleep(0.1)
            text, metrics = event.alternatives[0].text, _EndOfTurnMetrics(*[None] * 4)
            activity.on_end_of_turn(_EndOfTurnInfo(False, text, 1.0, metrics))


async def test_reply_after_four_turns_without_one_cannot_be_interrupted() -> None:
    async with fake_greeting(Says(REPLY, after_s=0.3), behaviours=(FinishReply,)) as fake:
        cut_off(fake, 4)
        reply = await reply_to(fake, "How long does it take?")
        assert not reply.allow_interruptions
        assert is_held(fake)
        await fake.until_said(REPLY)
        await fake.until(lambda: not is_held(fake))


async def test_line_heard_to_its_end_begins_the_count_again() -> None:
    async with fake_greeting(Says(REPLY, after_s=0.3), behaviours=(FinishReply,)) as fake:
        cut_off(fake, 4)
        line(fake, "guide")
        reply = await reply_to(fake, "How long does it take?")
        assert reply.allow_interruptions
        assert not is_held(fake)


async def test_agent_suggests_typing_if_replies_are_cut_off_again() -> None:
    replies = [Says(REPLY, after_s=0.1) for _ in range(3)]
    async with fake_greeting(*replies, behaviours=(FinishReply,)) as fake:
        suggestion = fake.state.script.suggest_typing
        for count in range(1, 3):
            cut_off(fake, 4)
            await reply_to(fake, "How long does it take?")
            await fake.until(lambda count=count: fake.lines.count(REPLY) == count)
        await fake.until_said(suggestion)
        await fake.until(lambda: not is_held(fake))
        # A reply to a typed line is heard from now on.
        assert not (await reply_to(fake, "And then?")).allow_interruptions
        await fake.until(lambda: fake.lines.count(REPLY) == 3)
        assert fake.lines.count(suggestion) == 1


async def test_reply_at_the_end_of_the_greeting_can_be_interrupted() -> None:
    """The session would wait for it before it closes."""
    async with fake_greeting(Says(REPLY, after_s=0.3), behaviours=(FinishReply,)) as fake:
        cut_off(fake, 4)
        fake.state.end_reason = "continue"
        assert (await reply_to(fake, "How long does it take?")).allow_interruptions


async def test_fourth_reply_in_a_row_can_be_interrupted() -> None:
    async with fake_greeting(Says(REPLY, after_s=0.3), behaviours=(FinishReply,)) as fake:
        cut_off(fake, 3)
        assert (await reply_to(fake, "How long does it take?")).allow_interruptions


async def test_words_said_before_a_protected_reply_are_answered_after_it() -> None:
    words, heard = "And where is the exit?", asyncio.Queue[str]()
    replies = [Says(REPLY, after_s=0.5) for _ in range(3)]
    async with fake_greeting(*replies, behaviours=(FinishReply,)) as fake:
        listening = asyncio.create_task(end_turns(fake, heard))
        cut_off(fake, 4)
        await reply_to(fake, "How long does it take?")
        heard.put_nowait(words)
        # This reply waits for the first one, and cannot be interrupted either. Until both are over,
        # the session drops turns.
        assert not (await reply_to(fake, "Who are you?")).allow_interruptions
        await fake.until(lambda: fake.lines.count(REPLY) == 3)
        messages = [m.text_content for m in fake.conversation.agent.chat_ctx.messages()]
        assert messages[-2:] == [words, REPLY]
        listening.cancel()
