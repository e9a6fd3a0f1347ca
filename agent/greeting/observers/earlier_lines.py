"""Tells a page that joins later what was said before: after a reload, or in a second tab.

The lines are only sent to the trainee, and only on request. The browser stores nothing.
"""

from __future__ import annotations

import json
from typing import Final

from livekit import rtc

from agent.core.events import LineAdded
from agent.greeting.greeting import Greeting
from agent.room.contract import RPC_EARLIER_LINES

_ANSWER_MAX_BYTES: Final = 14_000
"""LiveKit allows 15 KiB; the oldest lines are left out."""


class EarlierLines:
    def __init__(self, greeting: Greeting) -> None:
        self._greeting = greeting
        self._lines: list[dict[str, str]] = []
        greeting.events.on(LineAdded, self._on_line)
        greeting.room.local_participant.register_rpc_method(RPC_EARLIER_LINES, self._on_call)

    def _on_line(self, event: LineAdded) -> None:
        self._add(self._lines, "agent" if event.line.who == "guide" else "trainee", event.line.text)

    def _add(self, lines: list[dict[str, str]], who: str, text: str) -> None:
        lines.append({"from": who, "text": text, "lang": self._greeting.state.script.locale})

    async def _on_call(self, call: rtc.RpcInvocationData) -> str:
        # LiveKit may announce a trainee who is already in the room late; the page asks again.
        if call.caller_identity != self._greeting.trainee.identity:
            return "ignored"
        lines, conversation = list(self._lines), self._greeting.conversation
        if conversation.is_speaking and (text := conversation.lines.texts.current):
            self._add(lines, "agent", text)
        while True:
            answer = json.dumps({"lines": lines}, ensure_ascii=False)
            if len(answer.encode()) <= _ANSWER_MAX_BYTES:
                return answer
            lines.pop(0)
