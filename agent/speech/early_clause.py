"""Lets the voice begin a reply while the model still writes the rest of it.

Deepgram's voices speak a text when it is flushed (https://developers.deepgram.com/docs/tts-ws-flush),
and livekit-agents flushes at the end of a reply. This module therefore has the first clause of an
incomplete reply synthesised on its own.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from typing import Final

from livekit.agents import utils

_CLOSED: Final = r"(?:[\"')”]|\s?»)*"
_CLAUSES: Final = re.compile(
    rf".*(?:[,;:!?…]{_CLOSED}\s|[^\W\d_]{{4,}}(?<!\bProf)\.{_CLOSED}(?:\s|\Z)"
    r"|[^\W\d_][,;:!?]\Z)",
    re.S,
)
"""All complete clauses of a text. A short word with a full stop may be an abbreviation.

livekit-agents' filter of Markdown keeps the space behind a word until more text comes."""
_MORE_WITHIN_S: Final = 0.01
"""If more text comes within this time, the text is not split: all of it will be there soon."""


def has_clause(text: str) -> bool:
    """Return True if the voice can begin to say an incomplete text."""
    return _CLAUSES.match(text) is not None


async def early_parts(text: AsyncIterable[str]) -> AsyncGenerator[AsyncIterable[str], None]:
    """Yield a text in one part, or its first clauses as soon as they are there, and the rest.

    Read each part to its end before the next one.
    """
    pieces = aiter(text)
    begun = ""
    following = asyncio.ensure_future(anext(pieces, None))
    try:
        while (piece := await following) is not None:
            begun += piece
            following = asyncio.ensure_future(anext(pieces, None))
            clauses = _CLAUSES.match(begun)
            if clauses is None or not _has_words(clauses[0]):
                continue
            await asyncio.wait({following}, timeout=_MORE_WITHIN_S)
            if not following.done():
                yield _whole(clauses[0])
                begun = begun[clauses.end() :]
                break
        while not _has_words(begun) and (piece := await following) is not None:
            begun += piece
            following = asyncio.ensure_future(anext(pieces, None))
        if _has_words(begun):
            yield _rest(begun, following, pieces)
    finally:
        await utils.aio.cancel_and_wait(following)


def _has_words(text: str) -> bool:
    # A voice fails if it gets only punctuation.
    return any(map(str.isalnum, text))


async def _whole(text: str) -> AsyncIterator[str]:
    yield text


async def _rest(
    begun: str, following: asyncio.Future[str | None], pieces: AsyncIterator[str]
) -> AsyncIterator[str]:
    yield begun
    if (piece := await following) is not None:
        yield piece
        async for each in pieces:
            yield each
