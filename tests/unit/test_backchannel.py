"""A word such as "okay" while the agent speaks is no answer, unless the line ends then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from agent.conversation import waiting_words
from agent.conversation.backchannel import is_backchannel
from tests.fakes.recognised_words import EAGER, END, FINAL, INTERIM, START, RecognisedWords


@pytest.fixture
async def setup() -> AsyncIterator[RecognisedWords]:
    words = RecognisedWords()
    async with words.running():
        yield words


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
    ],
)
async def test_backchannel_does_not_reach_the_session(locale: str, text: str) -> None:
    setup = RecognisedWords(locale)
    setup.words.release()
    async with setup.running():
        speech = setup.session.speaks()
        setup.says(text)
        setup.says(text, INTERIM, FINAL)
        await setup.settle()
        assert setup.passed == []
        assert not speech.interrupted


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "No."),
        ("en", "Okay, but how long?"),
        ("en", "Right?"),
        ("en", "Exactly how long?"),
        ("en", "Perfect, stop."),
        ("en", "Yes, I see it all of course."),
        ("de", "Nein."),
        ("de", "In Ordnung?"),
        ("de", "Natürlich nicht."),
        ("es", "Oui."),
        ("es", "¿Es así?"),
        ("es", "¿Qué?"),
        ("es", "Claro que no."),
        ("fr", "Non."),
        ("fr", "Tout à fait faux."),
        ("pl", "Yes."),
    ],
)
def test_words_with_a_meaning_are_no_backchannel(locale: str, text: str) -> None:
    assert not is_backchannel(text, locale)


async def test_backchannel_continues_the_line_when_the_recogniser_hears_a_pause(
    setup: RecognisedWords,
) -> None:
    setup.words.release()
    setup.session.speaks()
    setup.says("Okay.", START, INTERIM)
    await setup.settle()
    assert setup.session.resumed == 0
    setup.says("Okay.", EAGER)
    await setup.settle()
    assert setup.session.resumed == 1
    setup.says("Okay.", FINAL, END)
    await setup.settle()
    assert setup.session.resumed == 2


async def test_backchannel_continues_the_line_when_the_session_hears_its_end(
    setup: RecognisedWords,
) -> None:
    setup.words.release()
    setup.session.speaks()
    setup.session.user_state = "speaking"
    setup.says("Okay.")
    await setup.settle()
    assert setup.session.resumed == 0
    for _ in range(2):
        setup.session.changes_to("listening", "user_state_changed")
        assert setup.session.resumed == 1


async def test_backchannel_is_an_answer_if_the_line_ends_then(setup: RecognisedWords) -> None:
    setup.words.release()
    speech = setup.session.speaks()
    setup.says("Yes.")
    await setup.settle()
    assert setup.passed == []
    speech.ends()
    await setup.settle()
    assert setup.passed == [(FINAL, "Yes."), (END, "")]


async def test_backchannel_is_forgotten_if_the_line_goes_on(
    setup: RecognisedWords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_words, "_ANSWER_S", 0.05)
    setup.words.release()
    speech = setup.session.speaks()
    setup.says("Okay.")
    await setup.settle()
    await asyncio.sleep(0.1)
    speech.ends()
    await setup.settle()
    assert setup.passed == []


async def test_backchannel_while_the_agent_listens_is_an_answer(setup: RecognisedWords) -> None:
    setup.words.release()
    setup.session.speaks().ends()
    setup.says("Yes.")
    await setup.settle()
    assert setup.texts == ["Yes."]


async def test_words_after_a_backchannel_are_delivered_with_it(setup: RecognisedWords) -> None:
    setup.words.release()
    setup.session.speaks()
    setup.says("Okay.", INTERIM, FINAL)
    setup.says("How long is it?", INTERIM, FINAL)
    await setup.settle()
    assert setup.texts == ["Okay.", "How long is it?"]


async def test_yes_in_the_middle_of_a_question_is_an_answer(
    setup: RecognisedWords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_words, "_ANSWER_S", 0.0)
    setup.words.release()
    for text in ("Yes.", "mm-hm"):
        speech = setup.session.speaks()
        setup.says(text)
        await setup.settle()
        assert not speech.interrupted
        speech.ends()
        await setup.settle()
    assert setup.texts == ["Yes."]
