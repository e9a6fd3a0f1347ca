"""Conversations with a model, and its answers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from livekit.agents import APIConnectOptions, function_tool, llm

INSTRUCTION = """You are Maya, a warm guide who welcomes people to their training.
You speak English.
- name: "Sam"
- role: crane operator
- industry: construction
- training: safety
"""


@function_tool
async def end_greeting() -> str:
    """End the greeting when the trainee wants to continue to the training video."""
    return "ok"


@dataclass
class Answer:
    text: str = ""
    calls: list[llm.FunctionToolCall] = field(default_factory=list)
    chunks: int = 0
    usage: llm.CompletionUsage | None = None


def conversation(*said: str) -> llm.ChatContext:
    """The instruction, then messages of trainee and model in alternation."""
    context = llm.ChatContext.empty()
    context.add_message(role="system", content=INSTRUCTION)
    for index, text in enumerate(said):
        context.add_message(role="assistant" if index % 2 else "user", content=text)
    return context


async def ask(
    model: llm.LLM[Any],
    context: llm.ChatContext,
    tools: list[llm.Tool] | None = None,
    options: APIConnectOptions | None = None,
) -> Answer:
    """Return the model's answer.

    Args:
        options: those of the model by default.
    """
    answer = Answer()
    connecting: dict[str, Any] = {} if options is None else {"conn_options": options}
    async with asyncio.timeout(20):
        stream = model.chat(chat_ctx=context, tools=tools or [], **connecting)
        async with stream:
            async for chunk in stream:
                if chunk.delta and chunk.delta.content:
                    answer.text += chunk.delta.content
                    answer.chunks += 1
                if chunk.delta:
                    answer.calls += chunk.delta.tool_calls
                answer.usage = chunk.usage or answer.usage
    return answer
