"""Openings disclose that an AI speaks and, if so, that the greeting is recorded."""

from __future__ import annotations

import pytest

from agent.core.job_metadata import JobMetadata
from agent.scripts import PROMPTS, load_library, script_for
from agent.scripts.disclosure import discloses_ai, discloses_recording, insert_recording_disclosure
from agent.scripts.speakable import estimate_speech_s


@pytest.mark.parametrize("locale", ["en", "es", "fr", "de"])
@pytest.mark.parametrize("training", sorted(load_library(PROMPTS).scripts))
def test_shipped_scripts_disclose_the_recording_before_their_question(
    training: str, locale: str
) -> None:
    known = {"trainee": {"name": "Dr. Ada M. Byron"}, "training_type": training, "locale": locale}
    script = script_for(JobMetadata.model_validate(known))
    assert script.locale == locale
    said, disclosure = script.opening_recorded, script.recording_disclosure
    assert said.replace(f"{disclosure} ", "") == script.opening
    question = said.partition(f"{disclosure} ")[2]
    assert question.endswith("?")
    assert not set("!.?") & set(question[:-1])
    assert discloses_recording(disclosure, locale)
    assert discloses_ai(script.opening, locale)
    assert estimate_speech_s(disclosure, locale) < 6


@pytest.mark.parametrize(
    ("opening", "said"),
    [
        ("Ready?", "REC. Ready?"),
        ("Hi! Ready?", "Hi! REC. Ready?"),
        ("Hi… Ready, Dr. Who?", "Hi… REC. Ready, Dr. Who?"),
        ("Well, Dr. Who?", "REC. Well, Dr. Who?"),
        ("¡Hola! ¿Lista?", "¡Hola! REC. ¿Lista?"),
        ("こんにちは。ハナです。質問は？", "こんにちは。ハナです。REC. 質問は？"),
        ("أهلا! أنا ليلى؟ ماذا تود؟", "أهلا! أنا ليلى؟ REC. ماذا تود؟"),
        ("Hallo. Sie sagten „gut.“ Und?", "Hallo. Sie sagten „gut.“ REC. Und?"),
    ],
)
def test_recording_disclosure_is_inserted_before_the_last_sentence(opening: str, said: str) -> None:
    assert insert_recording_disclosure(opening, "REC.", given=["Dr. Who", ""]) == said


def test_disclosures_are_not_checked_in_unknown_languages() -> None:
    assert discloses_recording("Esta conversa é gravada.", "pt-BR")
    assert not discloses_recording("We are so glad.", "en-GB")
    assert not discloses_ai("your friend", "en")
    assert not discloses_ai("j'ai le plaisir de vous accueillir", "fr")
    assert discloses_ai("une intelligence Artificielle", "fr")
