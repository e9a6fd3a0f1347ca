"""A typed conversation for an eval, with the agent, script and functions of the product."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from livekit.agents import llm
from livekit.agents.voice.run_result import ChatMessageAssert, RunResult

from agent.conversation.conversation import Conversation
from agent.conversation.state import GreetingState
from agent.core.events import ClosingRequested
from agent.core.job_metadata import JobMetadata


class Played:
    """One running conversation."""

    def __init__(self, model: llm.LLM, metadata: JobMetadata) -> None:
        self.over = False
        self.state = GreetingState(metadata=metadata)
        self.state.events.on(ClosingRequested, self._on_closing)
        self.conversation = Conversation(model, self.state, None)

    def _on_closing(self, _: ClosingRequested) -> None:
        self.over = True

    async def say(self, line: str) -> RunResult[Any]:
        """Send a message of the trainee; return the agent's turn."""
        return await self.conversation.session.run(user_input=line)

    async def check_in(self) -> None:
        """Let the agent say what it says after a silence."""
        await self.conversation.session.say(self.state.script.check_in)

    @property
    def answers(self) -> dict[str, object]:
        """The answered questions: id to value."""
        given = self.state.answers.given
        return {id: a.value for id, a in given.items() if a.status == "answered"}

    @property
    def locale(self) -> str:
        return self.state.script.locale


@asynccontextmanager
async def play(model: llm.LLM, metadata: dict[str, Any]) -> AsyncIterator[Played]:
    """Start a conversation; its opening has been said."""
    played = Played(model, JobMetadata.model_validate(metadata))
    async with played.conversation.session as session:
        await session.start(played.conversation.agent, record=False)
        await session.say(played.state.script.opening)
        yield played


def last_words(run: RunResult[Any]) -> ChatMessageAssert:
    """Return the last message of a turn.

    Raises:
        AssertionError: the agent said nothing.
    """
    spoken = [i for i, event in enumerate(run.events) if event.type == "message"]
    assert spoken, "the agent said nothing"
    return run.expect[spoken[-1]].is_message(role="assistant")
