"""Passes on a reply of the model in time: no long silence, and no half clause."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from livekit.agents import FlushSentinel, llm

from agent.conversation.spoken_reply import SpokenReply
from agent.speech.early_clause import has_clause
from agent.speech.lookahead import Lookahead

_FILLER_AFTER_S: Final = 2.5
"""If a reply has no clause to say after this time, the agent says the script's filler phrase."""
_PAUSE_S: Final = 0.6
"""If the model pauses for this long, the agent says the sentences so far."""

Reply = AsyncGenerator[llm.ChatChunk | str | FlushSentinel, None]


async def timely_reply(reply: Reply, spoken: SpokenReply, *, filler: str) -> Reply:
    """Yield a reply from its first clause on.

    If the first clause does not come in time, yield the filler phrase before it. If the model
    pauses after a sentence, let the voice say that sentence. If a model fails before its first
    clause and another one starts over, leave out what the first one has written.

    Args:
        reply: from the model; closed at the end.
        spoken: takes each part of it, and knows what has been said.
        filler: may be empty: then the reply is yielded as it comes.
    """
    begun = not filler
    filler_at = time.monotonic() + _FILLER_AFTER_S
    held: list[llm.ChatChunk | str | FlushSentinel] = []
    """The beginning of the first clause."""
    async with aclosing(reply), aclosing(Lookahead(reply)) as parts:
        while True:
            if not begun and not await parts.comes_within(filler_at - time.monotonic()):
                begun = True
                yield f"{filler} "
                yield FlushSentinel()
            if (part := await parts.take()) is None:
                break
            if isinstance(part, llm.ChatChunk):
                if spoken.starts_over(part):
                    if begun and not held:
                        yield " "
                        yield FlushSentinel()
                    held.clear()
                part = spoken.take(part)
            held.append(part)
            begun = begun or spoken.ends_a_sentence or has_clause(spoken.text)
            if not begun:
                continue
            while held:
                yield held.pop(0)
            if not await parts.comes_within(_PAUSE_S) and spoken.ends_a_sentence:
                yield FlushSentinel()
        for part in held:
            yield part
