"""A word such as "okay" while the agent speaks is not an answer, unless the line ends then."""

from __future__ import annotations

import asyncio

import pytest

from agent.conversation import waiting_words
from agent.conversation.backchannel import is_backchannel
from agent.core.events import OpeningFinished
from tests.fakes.recognised_words import EAGER, END, FINAL, INTERIM, START, RecognisedWords


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "Mm-hm."),
        ("en", "Okay."),
        ("en", "Yeah, okay."),
        ("en", "You"),
        ("de", "Uh..."),
        ("de", "Ja."),
        ("de-AT", "Ach so, okay."),
        ("es", "Vale."),
        ("es-MX", "Sí, sí."),
        ("fr", "Oui."),
        ("fr", "D’accord."),
        ("en", "Exactly."),
        ("en", "Absolutely, cool."),
        ("en", "Perfect."),
        ("en", "Super."),
        ("en", "Mhm, mhm, mhm, mhm, mhm, mhm."),
        ("en", "Okay?"),
        ("en", "Oh nice, makes sense."),
        ("en", "I understand."),
        ("de", "Ich verstehe."),
        ("de", "Passt, danke."),
        ("es", "Está bien."),
        ("es", "Por supuesto."),
        ("fr", "Je comprends."),
        ("de", "Achso."),
        ("de", "Na klar."),
        ("de", "In Ordnung."),
        ("de", "Natürlich."),
        ("de", "Yeah, okay."),
        ("es", "Exacto."),
        ("es", "Así es."),
        ("es", "Ya veo."),
        ("es", "Claro que sí."),
        ("es", "Yes."),
        ("fr", "Exactement."),
        ("fr", "Tout à fait."),
        ("fr", "Bien sûr."),
        ("fr", "Hum."),
        ("fr", "Yeah."),
        ("en", "That makes sense."),
        ("en", "Oh wow."),
        ("en", "Okay then."),
        ("de", "Klingt gut."),
        ("de", "Wunderbar."),
        ("es", "Qué bien."),
        ("es", "Excelente."),
        ("fr", "Bah oui."),
        ("fr", "Ça marche."),
        ("en", "Ja, genau."),
        ("de", "Got it."),
        ("es", "Oui."),
        ("fr", "Vale, vale."),
        ("pl", "Yes."),
        *(("it", "Sì, certo."), ("pt", "Sim."), ("nl", "Ja, precies."), ("ru", "Да, хорошо.")),
        *(("hi", "हाँ, ठीक है।"), ("ja", "はい。")),
    ],
)
async def test_backchannel_does_not_reach_the_session(locale: str, text: str) -> None:
    recognition = RecognisedWords(locale)
    recognition.words.release()
    async with recognition.running():
        speech = recognition.session.speaks()
        recognition.says(text)
        recognition.says(text, INTERIM, FINAL)
        await recognition.settle()
        assert recognition.passed == []
        assert not speech.interrupted


@pytest.mark.parametrize(
    "text",
    [
        "No.",
        "Okay, but how long?",
        "Right?",
        "Exactly how long?",
        "Perfect, stop.",
        "Yes, I see it all of course.",
        "Nein.",
        "In Ordnung?",
        "Natürlich nicht.",
        "¿Es así?",
        "¿Qué?",
        "Claro que no.",
        "Non.",
        "Tout à fait faux.",
        *(
            "Stop.",
            "Wait.",
            "Sorry?",
            "Moment.",
            "Warte mal.",
            "Espera.",
            "Un momento.",
            "Attends.",
            *("Aspetta.", "Espere.", "Wacht even.", "Подождите.", "रुकिए।", "छः।", "待って。"),
        ),
        *("Three.", "Drei.", "Tres.", "Trois.", "In Wien.", "En Madrid.", "À Lyon.", "Ich nicht."),
    ],
)
def test_words_with_a_meaning_are_not_a_backchannel(text: str) -> None:
    assert not is_backchannel(text)


async def test_backchannel_continues_the_line_when_the_recogniser_hears_a_pause(
    recognition: RecognisedWords,
) -> None:
    recognition.words.release()
    recognition.session.speaks()
    recognition.says("Okay.", START, INTERIM)
    await recognition.settle()
    assert recognition.session.resumed == 0
    recognition.says("Okay.", EAGER)
    await recognition.settle()
    assert recognition.session.resumed == 1
    recognition.says("Okay.", FINAL, END)
    await recognition.settle()
    assert recognition.session.resumed == 2


async def test_backchannel_continues_the_line_when_the_session_hears_its_end(
    recognition: RecognisedWords,
) -> None:
    recognition.words.release()
    recognition.session.speaks()
    recognition.session.user_state = "speaking"
    recognition.says("Okay.")
    await recognition.settle()
    assert recognition.session.resumed == 0
    for _ in range(2):
        recognition.session.changes_to("listening", "user_state_changed")
        assert recognition.session.resumed == 1


async def test_backchannel_is_an_answer_if_the_line_ends_then(recognition: RecognisedWords) -> None:
    recognition.words.release()
    speech = recognition.session.speaks()
    recognition.says("Yes.")
    await recognition.settle()
    assert recognition.passed == []
    speech.ends()
    await recognition.settle()
    assert recognition.passed == [(FINAL, "Yes."), (END, "")]


async def test_backchannel_is_forgotten_if_the_line_goes_on(
    recognition: RecognisedWords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_words, "_ANSWER_S", 0.05)
    recognition.words.release()
    speech = recognition.session.speaks()
    recognition.says("Okay.")
    await recognition.settle()
    await asyncio.sleep(0.1)
    speech.ends()
    await recognition.settle()
    assert recognition.passed == []


@pytest.mark.parametrize(("answer_s", "answered"), [(60.0, ["How long is it? Okay."]), (0.0, [])])
async def test_backchannel_during_the_opening_is_an_answer_only_at_its_end(
    recognition: RecognisedWords,
    monkeypatch: pytest.MonkeyPatch,
    answer_s: float,
    answered: list[str],
) -> None:
    monkeypatch.setattr(waiting_words, "_ANSWER_S", answer_s)
    opening = recognition.session.speaks(allow_interruptions=False)
    if answered:
        recognition.says("How long is it?")
    recognition.says("Okay.")
    await recognition.settle()
    assert recognition.recognised > 0
    opening.ends()
    recognition.events.emit(OpeningFinished(interrupted=False))
    await recognition.settle()
    assert recognition.texts == answered


async def test_backchannel_while_the_agent_listens_is_an_answer(
    recognition: RecognisedWords,
) -> None:
    recognition.words.release()
    recognition.session.speaks().ends()
    recognition.says("Yes.")
    await recognition.settle()
    assert recognition.texts == ["Yes."]


async def test_words_after_a_backchannel_during_the_opening_are_delivered_after_it(
    recognition: RecognisedWords,
) -> None:
    opening = recognition.session.speaks(allow_interruptions=False)
    recognition.says("Yes.")
    recognition.says("How long is it?")
    await recognition.settle()
    opening.ends()
    recognition.events.emit(OpeningFinished(interrupted=False))
    await recognition.settle()
    assert recognition.texts == ["Yes. How long is it?"]


async def test_words_after_a_backchannel_are_delivered_with_it(
    recognition: RecognisedWords,
) -> None:
    recognition.words.release()
    recognition.session.speaks()
    recognition.says("Okay.", INTERIM, FINAL)
    recognition.says("How long is it?", INTERIM, FINAL)
    await recognition.settle()
    assert recognition.texts == ["Okay.", "How long is it?"]


async def test_yes_in_the_middle_of_a_question_is_an_answer(
    recognition: RecognisedWords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_words, "_ANSWER_S", 0.0)
    recognition.words.release()
    for text in ("Yes.", "mm-hm", "Sim."):
        speech = recognition.session.speaks()
        recognition.says(text)
        await recognition.settle()
        assert not speech.interrupted
        speech.ends()
        await recognition.settle()
    assert recognition.texts == ["Yes.", "Sim."]
