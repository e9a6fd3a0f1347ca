"""Lets the voice begin a reply while the model still writes the rest of it.

Deepgram's voices speak a text when it is flushed (https://developers.deepgram.com/docs/tts-ws-flush),
and livekit-agents flushes at the end of a reply. This module therefore has the first clause of an
incomplete reply synthesised on its own.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import aclosing
from typing import Final

from agent.speech.lookahead import Lookahead
from agent.speech.sentences import CLOSED

_CLAUSES: Final = re.compile(
    rf".*(?:[,;:!?…]{CLOSED}\s|[^\W\d_]{{4,}}(?<!\bProf)\.{CLOSED}(?:\s|\Z)"
    r"|[^\W\d_][,;:!?]\Z)",
    re.S,
)
"""All complete clauses of a text. A short word with a full stop may be an abbreviation.

livekit-agents' filter of Markdown keeps the space behind a word until more text comes."""
_MORE_WITHIN_S: Final = 0.01
"""If more text comes within this time, the text is not split: all of it will be there soon."""


async def early_parts(text: AsyncIterable[str]) -> AsyncGenerator[AsyncIterable[str], None]:
    """Yield a text in one part, or its first clauses as soon as they are there, and the rest.

    Read each part to its end before the next one.
    """
    begun = ""
    async with aclosing(Lookahead(aiter(text))) as pieces:
        while (piece := await pieces.take()) is not None:
            begun += piece
            clauses = _CLAUSES.match(begun)
            if clauses is None or not _has_words(clauses[0]):
                continue
            if not await pieces.comes_within(_MORE_WITHIN_S):
                yield _whole(clauses[0])
                begun = begun[clauses.end() :]
                break
        while not _has_words(begun) and (piece := await pieces.take()) is not None:
            begun += piece
        if _has_words(begun):
            yield _rest(begun, pieces)


def _has_words(text: str) -> bool:
    # A voice fails if it gets only punctuation.
    return any(map(str.isalnum, text))


async def _whole(text: str) -> AsyncIterator[str]:
    yield text


async def _rest(begun: str, pieces: Lookahead[str]) -> AsyncIterator[str]:
    yield begun
    while (piece := await pieces.take()) is not None:
        yield piece
