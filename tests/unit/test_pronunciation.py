"""What a voice says instead of the written text; for names and addresses, see `test_names`."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from livekit.agents.voice.transcription.filters import filter_markdown

from agent.speech.pronunciation import Pronunciation


@pytest.mark.parametrize("size", [1, 3, 50, 500])
async def test_list_items_are_said_with_a_pause(size: int) -> None:
    line = "You need three things:\na helmet\nshoes (with steel)\ngloves.\n\nReady?\n"

    async def pieces() -> AsyncIterator[str]:
        async for piece in filter_markdown(_cut(line, size)):
            yield piece

    said = "".join([piece async for piece in Pronunciation("Ada").stream(pieces())])
    expected = "You need three things:\na helmet.\nshoes (with steel).\ngloves.\n\nReady?\n"
    assert said == expected


async def _cut(text: str, size: int) -> AsyncIterator[str]:
    for at in range(0, len(text), size):
        yield text[at : at + size]
