"""A reply that several models attempt is said without repetition."""

from __future__ import annotations

import pytest
from livekit.agents import llm

from agent.conversation.spoken_reply import SpokenReply
from agent.speech.reply_check import ReplyCheck


def chunk(attempt: str, text: str) -> llm.ChatChunk:
    return llm.ChatChunk(id=attempt, delta=llm.ChoiceDelta(role="assistant", content=text))


def heard(*pieces: tuple[str, str], guide: str = "") -> list[str]:
    """What is passed on of pieces of attempts; `|` where a model starts over."""
    reply, texts = SpokenReply(guide), []
    for attempt, text in pieces:
        sent = chunk(attempt, text)
        if reply.starts_over(sent):
            texts.append("|")
        taken = reply.take(sent)
        texts.append((taken.delta and taken.delta.content) or "")
    return [text for text in texts if text]


LABELS = [
    *("Maya: ", "Maya:\n", "**Maya:** ", "[Maya]: ", "Maya : ", "MAYA: ", "Maya (AI avatar): "),
    *("Assistant: ", "# Answer\n", "- AI: ", "**Assistant:** ", "assistant\n", "AI: ", "Antwort: "),
    *("Guía: ", "Réponse : ", "Tutor (friendly): ", "Trainerin: ", "Formatrice (souriante) : "),
    *("Assistant: Maya: ", ": ", "Speaker 1: ", "SPEAKER_00: ", "**Agent A:** ", "Sprecher 2: "),
]


@pytest.mark.parametrize("size", [1, 4, 1_000])
@pytest.mark.parametrize("label", LABELS)
def test_speaker_is_left_out(label: str, size: int) -> None:
    said = "Hello, Ada. Ask your trainer: they know Maya: me."
    for written in (f"{label}{said}", f"Very good.\n{label}{said}"):
        check = ReplyCheck("", [])
        pieces = [check.add(written[at : at + size]) for at in range(0, len(written), size)]
        texts = heard(*(("a", piece) for piece in [*pieces, check.end()]), guide="Maya")
        assert "".join(texts).removeprefix("Very good.").split() == said.split()


@pytest.mark.parametrize("size", [1, 4, 1_000])
@pytest.mark.parametrize(
    "text",
    [
        "In German, you would say this. Ich habe eine Frage zum Stapler. Can you repeat it?",
        "The sign is in Spanish. Está prohibido el paso para todos. It means that nobody may pass.",
        "They know you. Jean de la Tour, Marie de la Croix et Paul du Lac avec les autres. Ready?",
    ],
)
def test_sentences_in_another_language_are_said(text: str, size: int) -> None:
    check = ReplyCheck("", [])
    pieces = [check.add(text[at : at + size]) for at in range(0, len(text), size)]
    assert "".join(heard(*(("a", piece) for piece in [*pieces, check.end()]))) == text


@pytest.mark.parametrize("size", [1, 4, 1_000])
@pytest.mark.parametrize(
    "text",
    [
        "There are two people. Trainer A: Mr. Lee. Trainer B: Ms. Ray.",
        "It is done. Model: X20. Year: 2020.",
        "Drei Rollen gibt es. Ausbilder: Herr Kurz. Moderator: Frau Lang.",
    ],
)
def test_roles_inside_a_line_are_said(text: str, size: int) -> None:
    check = ReplyCheck("", [])
    pieces = [check.add(text[at : at + size]) for at in range(0, len(text), size)]
    texts = heard(*(("a", piece) for piece in [*pieces, check.end()]), guide="Maya")
    assert "".join(texts) == text


@pytest.mark.parametrize("before", ["Sure, ", "Hello, Ada. ", "Well, hello, Ada! Ready? "])
def test_next_model_does_not_repeat_what_was_heard(before: str) -> None:
    texts = heard(("a", before), ("b", before[:4]), ("b", f"{before[4:]}It is short."))
    assert texts == [before, "|", "It is short."]


def test_reply_that_begins_differently_is_passed_on_completely() -> None:
    assert heard(("a", "Hello, Ada. "), ("b", "Hello"), ("b", " there. It is short.")) == [
        "Hello, Ada. ",
        "|",
        "Hello there. It is short.",
    ]


def test_attempt_without_text_does_not_start_over() -> None:
    assert heard(("a", ""), ("b", "Hello.")) == ["Hello."]


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("It is short. ", True),
        ("Ready?", True),
        ("He said “yes.” ", True),
        ("Er sagt: „Halt!“", True),
        ("Auf dem Schild steht »Halt!«", True),
        ("Il dit : « Stop ! »", True),
        ("It is", False),
        ("It is short. And", False),
        ("", False),
        ("3.", True),
    ],
)
def test_pause_after_a_sentence_is_recognised(text: str, ends: bool) -> None:
    reply = SpokenReply("")
    sent = chunk("a", text)
    reply.starts_over(sent)
    reply.take(sent)
    assert reply.ends_a_sentence is ends
