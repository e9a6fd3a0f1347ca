"""Gemini's stand-in follows the shipped scripts' questions in every language."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from agent.conversation.function_tools import FunctionTools
from agent.conversation.state import GreetingState
from agent.core.job_metadata import JobMetadata
from agent.demo.providers.gemini import interview
from agent.demo.providers.gemini.interview import answer
from agent.demo.providers.gemini.language import languages
from agent.demo.providers.gemini.messages import Request, Turn
from agent.scripts import TextQuestion
from tests.standins.interview import LOCALES, Interview

HELLO = {"en": "Hello!", "es": "¡Hola!", "fr": "Bonjour !", "de": "Hallo!"}


async def test_patterns_match_what_the_functions_of_the_conversation_answer() -> None:
    state = GreetingState(metadata=JobMetadata(training_type="forklift"))
    answers, (driven, years, truck) = state.answers, state.script.questions
    tools = {tool.id: tool for tool in FunctionTools(state, cast(Any, None)).declared()}
    function = cast("Callable[..., Awaitable[str]]", tools[f"record_{driven.id}"])
    kind = TextQuestion(id="kind", type="text", ask="Which one?", only_if={driven.id: True})
    answers.rephrase([*state.script.questions, kind])
    refused = [
        answers.record(driven.id, "perhaps"),
        answers.record("unknown", True),
        answers.record(kind.id, "a reach truck"),
        await function(raw_arguments={}),
    ]
    told = [interview._NEXT.search(text) for text in refused]
    assert [found and found[1] for found in told] == [None, driven.id, driven.id, None]
    skipped = (years, truck, kind)
    accepted = [answers.record(driven.id, True), *(answers.skip(each.id) for each in skipped)]
    following = [interview._NEXT.search(text) for text in accepted]
    assert [found and found[1] for found in following] == [years.id, truck.id, kind.id, None]
    assert all(following)
    assert answers.summary.startswith(interview._RECORDED)


def replies(locale: str) -> dict[str, str]:
    return languages()[locale].replies


@pytest.mark.parametrize(
    ("locale", "yes", "years", "nothing"),
    [
        ("en", "Yes, I have.", "about twenty-five years", "No, that's all."),
        ("es", "Sí, muchas veces.", "unos doce años", "Nada más, gracias."),
        ("fr", "Oui, bien sûr.", "environ dix-sept ans", "Non merci, c'est tout."),
        ("de", "Ja, schon oft.", "seit 25 Jahren", "Nein, das war alles, danke."),
    ],
)
def test_interview_records_all_answers_and_ends_the_greeting(
    locale: str, yes: str, years: str, nothing: str
) -> None:
    talk = Interview("forklift", locale)
    driven, years_driving, truck = talk.script.questions
    assert talk.say(HELLO[locale]).endswith(driven.ask)
    assert talk.say(yes).endswith(years_driving.ask)
    assert talk.say(years).endswith(truck.ask)
    assert talk.say(f"Hmm, {truck.choices['reach']}.").endswith(replies(locale)["nothing_left"])  # type: ignore[union-attr]
    number = {"en": 25, "es": 12, "fr": 17, "de": 25}[locale]
    assert talk.saved == {"driven_before": True, "years_driving": number, "truck_type": "reach"}
    talk.say(nothing)
    assert talk.ended


@pytest.mark.parametrize(
    ("locale", "no"),
    [("en", "No, I haven't."), ("es", "No, nunca."), ("fr", "Non."), ("de", "Habe ich noch nie.")],
)
def test_interview_recognises_no(locale: str, no: str) -> None:
    talk = Interview("forklift", locale)
    talk.say(HELLO[locale])
    talk.say(no)
    assert talk.saved == {"driven_before": False}


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "I'd rather not say."),
        ("es", "No lo sé."),
        ("fr", "Je préfère ne pas répondre."),
        ("de", "Weiß nicht."),
    ],
)
def test_interview_skips_a_question(locale: str, said: str) -> None:
    talk = Interview("general welcome", locale)
    talk.say(HELLO[locale])
    first, second = talk.script.questions
    assert talk.say(said).endswith(second.ask)
    assert talk.saved == {first.id: None}


@pytest.mark.parametrize(
    ("locale", "said"),
    [("en", "Let's go on."), ("es", "Sigamos."), ("fr", "On continue !"), ("de", "Weiter bitte.")],
)
def test_interview_ends_when_the_trainee_wants_to_continue(locale: str, said: str) -> None:
    talk = Interview("forklift", locale)
    talk.say(HELLO[locale])
    talk.say(said)
    assert (talk.ended, talk.saved) == (True, {})


@pytest.mark.parametrize(
    ("locale", "said", "new"),
    [
        ("en", "Can we speak Spanish, please?", "es"),
        ("en", "Bonjour !", "fr"),
        ("de", "Español, por favor", "es"),
        ("es", "Deutsch", "de"),
    ],
)
def test_interview_switches_the_language(locale: str, said: str, new: str) -> None:
    talk = Interview("forklift", locale)
    answer = talk.say(said)
    assert talk.locale == new
    assert answer == f"{replies(new)['switch_language']} {talk.script.questions[0].ask}"


def test_interview_continues_in_the_language_that_was_asked_for() -> None:
    talk = Interview("forklift", "es")  # as after a switch: the request is still the last turn
    said = talk.say("Spanisch, bitte")
    assert said == f"{replies('es')['switch_language']} {talk.script.questions[0].ask}"
    assert talk.called == []


def test_interview_declines_a_language_the_script_lacks() -> None:
    functions: dict[str, Any] = {"switch_language": {"parameters": {"properties": {"locale": {}}}}}
    request = Request("You speak English", [Turn("user", "German, please")], functions)
    assert replies("en")["not_spoken"] in answer(request).text


@pytest.mark.parametrize(
    ("locale", "said", "function"),
    [
        ("en", "Could you speak more slowly?", "speak_slower"),
        ("de", "Bitte langsamer.", "speak_slower"),
        ("en", "I do not want to be recorded.", "stop_recording"),
        ("fr", "Je ne veux pas être enregistrée.", "stop_recording"),
    ],
)
def test_interview_calls_the_function_for_a_request(locale: str, said: str, function: str) -> None:
    talk = Interview("forklift", locale)
    assert talk.say(said)
    assert talk.called == [function]


@pytest.mark.parametrize(
    ("locale", "corrected"),
    [
        ("en", "No, I meant twenty."),
        ("es", "No, quería decir veinte."),
        ("fr", "Non, je voulais dire vingt."),
        ("de", "Nein, ich meinte zwanzig."),
    ],
)
def test_interview_records_a_correction(locale: str, corrected: str) -> None:
    talk = Interview("forklift", locale)
    yes = {"en": "Yes", "es": "Sí", "fr": "Oui", "de": "Ja"}[locale]
    for said in (HELLO[locale], yes, "10"):
        talk.say(said)
    assert talk.say(corrected).endswith(talk.script.questions[2].ask)
    assert talk.saved["years_driving"] == 20


def test_interview_distinguishes_questions_that_end_alike() -> None:
    talk = Interview("patient care", "en")
    assert talk.say("Yes.").endswith("have you worked in care?")
    talk.say("9.")
    assert talk.saved == {"worked_in_care": True, "years_in_care": 9}


def test_interview_asks_again_after_an_unclear_answer() -> None:
    talk = Interview("forklift", "en")
    talk.say("Hello!")
    ask = talk.script.questions[0].ask
    assert talk.say("Purple, mostly.") == f"{replies('en')['unclear']} {ask}"


def test_interview_skips_a_question_that_was_not_clear_twice() -> None:
    talk = Interview("forklift", "en")
    talk.say("Hello!")
    first = talk.script.questions[0]
    assert talk.say("Purple, mostly.").endswith(first.ask)
    assert not talk.say("Purple.").endswith(first.ask)
    assert talk.saved == {first.id: None}


def test_interview_asks_again_if_the_function_refuses_the_value() -> None:
    talk = Interview("forklift", "en")
    years = talk.script.questions[1]
    assert talk.say("Yes.").endswith(years.ask)
    assert talk.say("999") == f"{replies('en')['unclear']} {years.ask}"
    assert talk.called[-1] == f"record_{years.id}"
    assert years.id not in talk.saved
    talk.say("nine")
    assert talk.saved[years.id] == 9


def test_interview_corrects_an_earlier_answer_while_another_question_is_open() -> None:
    talk = Interview("forklift", "en")
    for said in ("Hello!", "Yes", "10"):
        talk.say(said)
    talk.say("Sorry, not ten, eleven years.")
    assert talk.saved["years_driving"] == 11


def test_interview_records_an_answer_and_answers_the_question_beside_it() -> None:
    talk = Interview("forklift", "en")
    talk.say("Hello!")
    answer = talk.say("Yes, I have. How long is the video?")
    assert talk.saved == {"driven_before": True}
    assert "short video" in answer


def test_interview_records_a_text_answer_in_the_trainees_words() -> None:
    talk = Interview("general welcome", "en")
    for said in ("Hi!", "Yes", "I hope to learn how not to be afraid."):
        talk.say(said)
    assert "I hope to learn how not to be afraid." in talk.saved.values()


@pytest.mark.parametrize(
    ("locale", "asked", "word"),
    [
        ("en", "Who rides along on the forks?", "rides"),
        ("de", "Wer hat vor Ecken und Toren Vorrang?", "Vorrang"),
    ],
)
def test_interview_answers_from_the_scripts_facts(locale: str, asked: str, word: str) -> None:
    talk = Interview("forklift", locale)
    said = talk.say(asked)
    assert [fact for fact in talk.script.facts if word in fact and fact in said]


@pytest.mark.parametrize(
    ("locale", "yes", "no"),
    [
        ("en", "Yes, I have.", "No, never."),
        ("es", "Sí, muchas veces.", "No, nunca."),
        ("fr", "Oui, bien sûr.", "Non."),
        ("de", "Ja, öfter.", "Nein, noch nie."),
    ],
)
def test_interview_takes_an_answer_to_the_question_of_the_opening(
    locale: str, yes: str, no: str
) -> None:
    """The questions of the openings are of both types, and the answer is the first turn."""
    talk = Interview("forklift", locale)
    assert talk.say(yes).endswith(talk.script.questions[1].ask)
    assert talk.saved == {"driven_before": True}
    talk = Interview("warehouse safety", locale)
    assert talk.say(no).endswith(talk.script.questions[1].ask)
    assert talk.saved == {"experience": "none"}
    talk = Interview("warehouse safety", locale)
    assert talk.say(yes) == f"{replies(locale)['unclear']} {talk.script.questions[0].ask}"


@pytest.mark.parametrize("locale", LOCALES)
def test_interview_says_that_it_does_not_know_and_asks_on(locale: str) -> None:
    talk = Interview("forklift", locale)
    answer = talk.say("Xyzzy?")
    assert answer == f"{replies(locale)['unknown']} {talk.script.questions[0].ask}"


def test_interview_does_not_ask_a_question_three_times_in_a_row() -> None:
    talk = Interview("forklift", "en")
    ask = talk.script.questions[0].ask
    asked = [talk.say(said).endswith(ask) for said in ("Hello!", "Why?", "Really?")]
    assert asked == [True, True, False]


def test_interview_without_functions_talks() -> None:
    talk = Interview("forklift", "fr")
    turns = [*talk.turns, Turn("user", "Combien de temps dure la vidéo ?")]
    said = answer(Request(talk.script.instructions, turns))
    assert said.calls == []
    assert "courte vidéo" in said.text


def test_languages_have_the_same_intents_and_replies() -> None:
    english = languages()["en"]
    assert set(languages()) == set(LOCALES)
    for language in languages().values():
        assert language.patterns.keys() == english.patterns.keys()
        assert language.replies.keys() == english.replies.keys()
        numbers = language.numbers.replace("_", "-").split()
        assert len(numbers) == 100
        spoken = [re.sub(r"\[oa]\?|[es]\?", "", each) for each in numbers[2:]]
        assert [language.content_words(each) for each in spoken] == [
            [str(n)] for n in range(2, 100)
        ]
