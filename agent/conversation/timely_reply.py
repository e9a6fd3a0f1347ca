"""Passes on a reply of the model without a long silence."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from livekit.agents import FlushSentinel, llm

from agent.conversation.spoken_reply import SpokenReply
from agent.speech.lookahead import Lookahead

_FILLER_AFTER_S: Final = 2.5
"""If a reply has no words after this time, the agent says the script's filler phrase."""
_PAUSE_S: Final = 0.6
"""If the model pauses for this long, the agent says the sentences so far."""

Reply = AsyncGenerator[llm.ChatChunk | str | FlushSentinel, None]


async def timely_reply(reply: Reply, spoken: SpokenReply, *, filler: str) -> Reply:
    """Yield a reply, whose parts are clauses or sentences.

    If no words come in time, yield the filler phrase before them. If the model pauses after a
    sentence, let the voice say that sentence. If a model fails and another one starts over, let the
    voice say what the first one has written.

    Args:
        reply: from the model; closed at the end.
        spoken: takes each part of it, and knows what has been said.
        filler: may be empty: then no phrase is yielded.
    """
    has_begun = not filler
    filler_at = time.monotonic() + _FILLER_AFTER_S
    async with aclosing(reply), aclosing(Lookahead(reply)) as parts:
        while True:
            if not has_begun and not await parts.comes_within(filler_at - time.monotonic()):
                has_begun = True
                yield f"{filler} "
                yield FlushSentinel()
            if (part := await parts.take()) is None:
                return
            if isinstance(part, llm.ChatChunk):
                if spoken.starts_over(part):
                    yield " "
                    yield FlushSentinel()
                part = spoken.take(part)
            has_begun = has_begun or spoken.text != ""
            yield part
            if not await parts.comes_within(_PAUSE_S) and spoken.ends_a_sentence:
                yield FlushSentinel()
