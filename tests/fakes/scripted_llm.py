"""An LLM that says what a test has written down, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from livekit.agents import (
    DEFAULT_API_CONNECT_OPTIONS,
    APIConnectionError,
    APIConnectOptions,
    llm,
    utils,
)

from agent.speech.reply_check import ReplyCheck


@dataclass
class Says:
    """One answer of the model: words, function calls, or both."""

    text: str = ""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    after_s: float = 0.0
    """The delay before the answer."""
    pause_s: float = 0.0
    """The delay after the text, before `rest`."""
    rest: str = ""
    breaks_off: bool = False
    """The connection is lost after that."""


class ScriptedLLM(llm.LLM):
    """Returns its replies in turn, in clauses and sentences; raises if there are no more."""

    def __init__(self, *replies: Says) -> None:
        super().__init__()
        self._replies = deque(replies)
        self.asked: list[llm.ChatContext] = []
        """The context of each request, oldest first."""
        self.tools: list[list[llm.Tool]] = []

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        **_: Any,
    ) -> llm.LLMStream:
        self.asked.append(chat_ctx.copy())
        self.tools.append(list(tools or []))
        return _Stream(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)

    def instructions(self, index: int = -1) -> str:
        """Return the system prompt of a request."""
        system = next(
            item
            for item in self.asked[index].items
            if item.type == "message" and item.role == "system"
        )
        return str(system.text_content)

    @property
    def left(self) -> int:
        """Unused replies."""
        return len(self._replies)

    def next(self) -> Says:
        if not self._replies:
            raise AssertionError("the model was asked once more than the test has replies for")
        return self._replies.popleft()


class _Stream(llm.LLMStream):
    async def _run(self) -> None:
        scripted = self._llm
        assert isinstance(scripted, ScriptedLLM)
        says = scripted.next()
        await asyncio.sleep(says.after_s)
        calls = [
            llm.FunctionToolCall(
                name=name, arguments=json.dumps(arguments), call_id=f"c{id(arguments)}"
            )
            for name, arguments in says.calls
        ]
        check, attempt = ReplyCheck("", []), utils.shortuuid()

        def pass_on(text: str, **more: Any) -> None:
            delta = llm.ChoiceDelta(role="assistant", content=text or None, **more)
            self._event_ch.send_nowait(llm.ChatChunk(id=attempt, delta=delta))

        pass_on(check.add(says.text), tool_calls=calls)
        if says.rest:
            await asyncio.sleep(says.pause_s)
            pass_on(check.add(says.rest))
        if says.breaks_off:
            raise APIConnectionError("scripted", retryable=False)
        pass_on(check.end())
