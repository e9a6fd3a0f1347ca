"""What an unfinished turn of the conversation holds: text and function calls of the model."""

from __future__ import annotations

from livekit.agents import llm


def said_before_calls(chat_ctx: llm.ChatContext) -> str:
    """Return what the model has said in this turn, before the function calls that it continues."""
    said: list[str] = []
    for item in chat_ctx.items:
        if item.type == "message":
            said = [*said, item.text_content or ""] if item.role == "assistant" else []
    after_calls = chat_ctx.items and chat_ctx.items[-1].type == "function_call_output"
    return " ".join(said) if after_calls else ""
