"""The first clause of a reply that the model still writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from agent.speech.early_clause import early_parts


class Model:
    """Writes a text in pieces; it pauses before each piece but the first until `go_on`."""

    def __init__(self, *pieces: str, pauses: bool = True) -> None:
        self._pieces = pieces
        self.go_on = asyncio.Event()
        if not pauses:
            self.go_on.set()

    async def __aiter__(self) -> AsyncIterator[str]:
        for index, piece in enumerate(self._pieces):
            if index:
                await self.go_on.wait()
            yield piece


async def spoken(model: Model) -> list[str]:
    """Return the parts of a text; let the model go on when the first part was read."""
    found = []
    async with asyncio.timeout(30):
        async for part in early_parts(model):
            pieces = []
            async for piece in part:
                pieces.append(piece)
                model.go_on.set()
            found.append("".join(pieces))
    return found


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        (["Yes, that is ", "right."], ["Yes, ", "that is right."]),
        (["Not long,", " ten minutes."], ["Not long,", " ten minutes."]),
        (["That is right. You ", "start."], ["That is right. ", "You start."]),
        (["That is right.", " You start."], ["That is right.", " You start."]),
        (["« Oui. D’accord ? » Alors ", "on y va."], ["« Oui. D’accord ? » ", "Alors on y va."]),
    ],
)
async def test_clauses_that_are_complete_are_spoken_first(
    written: list[str], parts: list[str]
) -> None:
    assert await spoken(Model(*written)) == parts


async def test_complete_text_is_not_split() -> None:
    assert await spoken(Model("Welcome, Ada. Shall we start?")) == ["Welcome, Ada. Shall we start?"]
    pieces = ["Welcome, ", "Ada. ", "Shall we start?"]
    assert await spoken(Model(*pieces, pauses=False)) == ["".join(pieces)]
    assert await spoken(Model()) == []


@pytest.mark.parametrize("begun", ["Ask Dr. ", "It is Prof. ", "It takes 1,", "At 10:"])
async def test_abbreviations_and_numbers_are_not_split(begun: str) -> None:
    model = Model(begun, "30 or later")
    speaking = asyncio.create_task(spoken(model))
    await asyncio.sleep(0.05)
    assert not speaking.done()
    model.go_on.set()
    assert await speaking == [f"{begun}30 or later"]


async def test_pause_at_the_end_adds_no_empty_part() -> None:
    """The voice would be told to speak nothing."""

    async def ends_late() -> AsyncIterator[str]:
        yield "Thank you, that helps."
        await asyncio.sleep(0.05)
        yield " "  # livekit-agents keeps it until the end of the text

    parts = ["".join([piece async for piece in part]) async for part in early_parts(ends_late())]
    assert parts == ["Thank you, that helps."]


@pytest.mark.parametrize("rest", ["… ", "。 —"])
async def test_voice_gets_no_part_without_words(rest: str) -> None:
    assert await spoken(Model("That is right. ", rest)) == ["That is right. "]
    assert await spoken(Model(", ", "… ", pauses=False)) == []
