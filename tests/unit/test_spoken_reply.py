"""A reply that several models attempt is said without repetition."""

from __future__ import annotations

import pytest
from livekit.agents import llm

from agent.conversation.spoken_reply import SpokenReply


def chunk(attempt: str, text: str) -> llm.ChatChunk:
    return llm.ChatChunk(id=attempt, delta=llm.ChoiceDelta(role="assistant", content=text))


def heard(*pieces: tuple[str, str]) -> list[str]:
    """What is passed on of pieces of attempts; `|` where a model starts over."""
    reply, texts = SpokenReply(), []
    for attempt, text in pieces:
        sent = chunk(attempt, text)
        if reply.starts_over(sent):
            texts.append("|")
        taken = reply.take(sent)
        texts.append((taken.delta and taken.delta.content) or "")
    return [text for text in texts if text]


@pytest.mark.parametrize("label", ["Maya: ", "Maya:\n", "**Maya:** ", "[Maya]: ", "Maya : "])
def test_agents_name_as_a_label_is_left_out(label: str) -> None:
    reply = SpokenReply("Maya")
    pieces = [label, "Hello, Ada. ", "Maya: that is me."]
    texts = [
        taken.delta.content or "" for p in pieces if (taken := reply.take(chunk("a", p))).delta
    ]
    assert "".join(texts) == "Hello, Ada. Maya: that is me."
    together = SpokenReply("Maya").take(chunk("a", f"{label}Hello, Ada."))
    assert together.delta is not None
    assert together.delta.content == "Hello, Ada."


def test_complete_sentences_are_not_repeated() -> None:
    assert heard(("a", "Hello, Ada. It"), ("b", "Hello, "), ("b", "Ada. It is short.")) == [
        "Hello, Ada. It",
        "|",
        "It is short.",
    ]


def test_reply_that_begins_differently_is_passed_on_completely() -> None:
    assert heard(("a", "Hello, Ada. It"), ("b", "Hello"), ("b", " there. It is short.")) == [
        "Hello, Ada. It",
        "|",
        "Hello there. It is short.",
    ]


def test_beginning_of_a_sentence_is_repeated() -> None:
    assert heard(("a", "It takes ab"), ("b", "It takes ten minutes.")) == [
        "It takes ab",
        "|",
        "It takes ten minutes.",
    ]


def test_attempt_without_text_does_not_start_over() -> None:
    assert heard(("a", ""), ("b", "Hello.")) == ["Hello."]


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("It is short. ", True),
        ("Ready?", True),
        ("He said “yes.” ", True),
        ("It is", False),
        ("It is short. And", False),
        ("", False),
        ("3.", True),
    ],
)
def test_pause_after_a_sentence_is_recognised(text: str, ends: bool) -> None:
    reply = SpokenReply()
    sent = chunk("a", text)
    reply.starts_over(sent)
    reply.take(sent)
    assert reply.ends_a_sentence is ends
