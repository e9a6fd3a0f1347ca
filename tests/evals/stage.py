"""A typed conversation for an eval, with the agent, script and functions of the product."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from livekit.agents import llm
from livekit.agents.voice.run_result import ChatMessageAssert, RunResult

from agent.conversation.conversation import Conversation
from agent.core.job_metadata import JobMetadata


class Played:
    """One running conversation."""

    def __init__(self, model: llm.LLM, metadata: JobMetadata) -> None:
        self.over = False
        self.conversation = Conversation(
            model, metadata, settings=None, on_goodbye=self._on_goodbye
        )

    def _on_goodbye(self) -> None:
        self.over = True

    async def say(self, line: str) -> RunResult[None]:
        """Send a message of the trainee; return the agent's turn."""
        return await self.conversation.session.run(user_input=line)

    @property
    def answers(self) -> dict[str, object]:
        """The answered questions: id to value."""
        given = self.conversation.answers.given
        return {id: a.value for id, a in given.items() if a.status == "answered"}

    @property
    def locale(self) -> str:
        return self.conversation.script.locale


@asynccontextmanager
async def play(model: llm.LLM, metadata: dict[str, Any]) -> AsyncIterator[Played]:
    """Start a conversation; its opening has been said."""
    played = Played(model, JobMetadata.model_validate(metadata))
    async with played.conversation.session as session:
        await session.start(played.conversation.greeter, record=False)
        await session.say(played.conversation.script.opening)
        yield played


def last_words(run: RunResult[None]) -> ChatMessageAssert:
    """Return the last message of a turn.

    Raises:
        AssertionError: the agent said nothing.
    """
    spoken = [i for i, event in enumerate(run.events) if event.type == "message"]
    assert spoken, "the agent said nothing"
    return run.expect[spoken[-1]].is_message(role="assistant")
