"""What a voice says instead of the written text; for names and addresses, see `test_names`."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from livekit.agents.voice.transcription.filters import filter_markdown

from agent.speech.pronunciation import Pronunciation

AURA = "aura-2-andromeda-en"
GEMINI = "gemini-3.1-flash-tts-preview"


@pytest.mark.parametrize("size", [1, 3, 50, 500])
async def test_list_items_are_said_with_a_pause(size: int) -> None:
    line = "You need three things:\na helmet\nshoes (with steel)\ngloves.\n\nReady?\n"

    async def pieces() -> AsyncIterator[str]:
        async for piece in filter_markdown(_cut(line, size)):
            yield piece

    said = "".join([piece async for piece in Pronunciation("Ada").stream(pieces())])
    expected = "You need three things:\na helmet.\nshoes (with steel).\ngloves.\n\nReady?\n"
    assert said == expected


@pytest.mark.parametrize(
    "name", ["𠮷田 太郎", "דוד בן-גוריון", "Иван Петров", "नरेन्द्र मोदी", "د. محمد علي"]
)
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Hello {}, how are you today?", "Hello, how are you today?"),
        ("Thank you, {}. Enjoy!", "Thank you. Enjoy!"),
        ("Bonjour {} ! Ça va ?", "Bonjour ! Ça va ?"),
        ("{}, welcome!", ", welcome!"),
    ],
)
async def test_name_in_an_alphabet_that_the_voice_does_not_read_is_left_out(
    name: str, line: str, said: str
) -> None:
    text = line.format(name)
    assert Pronunciation(name, "en-GB", voice=AURA).apply(text) == said
    stream = Pronunciation(name, "en-GB", voice=AURA).stream(_cut(text, 5))
    assert not set(name) & {c for c in "".join([piece async for piece in stream]) if c.isalpha()}
    assert Pronunciation("Zoë Ж", "en", voice=AURA).apply("Hello Zoë Ж!") == "Hello Zoë!"
    assert name.split()[-1] in Pronunciation(name, "en-GB", voice=GEMINI).apply(text)


@pytest.mark.parametrize("voice", [AURA, GEMINI])
@pytest.mark.parametrize("size", [1, 5, 100])
async def test_emoji_are_left_out(voice: str, size: int) -> None:
    text = _cut("Well done 👍🏽, Ada ❤️! 👩‍🏭 Go on. 🚀", size)
    said = [piece async for piece in Pronunciation("Ada", "en", voice=voice).stream(text)]
    assert "".join(said) == "Well done, Ada! Go on."


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("The video 视频 is short.", "The video is short."),
        ("Hello! 你好,欢迎来到培训。 Ready?", "Hello! Ready?"),
        ("We say «привет» here, Иван, ok?", "We say here, ok?"),
        ("Measure 10 kΩ, 5 Ω or 5Ω: the β-version of π (π!), Ω.", ""),
        ("5 €, CO₂, 20 °C, ½ × 3 µm, Straße, Łódź, señor", ""),
    ],
)
def test_words_in_another_alphabet_are_left_out(line: str, said: str) -> None:
    assert Pronunciation("Ada", "en-GB", voice=AURA).apply(line) == (said or line)
    assert Pronunciation("Ada", "en-GB", voice=GEMINI).apply(line) == line


async def _cut(text: str, size: int) -> AsyncIterator[str]:
    for at in range(0, len(text), size):
        yield text[at : at + size]
