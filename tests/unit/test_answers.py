"""Every value that the model passes as an answer is checked against its question."""

from __future__ import annotations

import pytest

from agent.conversation.answer_values import parse_answer
from agent.conversation.answers import Answers, Progress
from agent.core.events import AnswersChanged, Events
from agent.scripts import ChoiceQuestion, NumberQuestion, TextQuestion, YesNoQuestion

TRUCK = ChoiceQuestion(
    id="truck",
    type="choice",
    ask="Which truck?",
    choices={"reach": "a reach truck", "pallet": "a pallet truck", "unsure": "not sure yet"},
)
YEARS = NumberQuestion(
    id="years", type="number", ask="How many years?", minimum=0, maximum=60, unit="years"
)
DRIVEN = YesNoQuestion(id="driven", type="yes_no", ask="Have you driven?", required=True)
COLD = NumberQuestion(id="cold", type="number", ask="How cold?", unit="degrees", whole=False)
PARCELS = NumberQuestion(id="parcels", type="number", ask="How many parcels?")
EXPERIENCE = ChoiceQuestion(
    id="experience",
    type="choice",
    ask="How much?",
    choices={"none": "not yet", "some": "a little", "sure": "very sure", "yes": "more, yes"},
)
WORKED = ChoiceQuestion(
    id="worked",
    type="choice",
    ask="Have you?",
    choices={"no": "never worked with food", "yes": "in a kitchen"},
)
CROSSED = ChoiceQuestion(
    id="crossed", type="choice", ask="Which?", choices={"left": "right", "right": "wrong"}
)
HOPES = TextQuestion(id="hopes", type="text", ask="What do you hope for?", max_characters=20)


def asked() -> tuple[Answers, list[None]]:
    changes: list[None] = []
    events = Events()
    events.on(AnswersChanged, changes.append)
    return Answers([DRIVEN, YEARS, TRUCK, HOPES], events), changes


@pytest.mark.parametrize(
    ("question", "given", "value"),
    [
        (TRUCK, "reach", "reach"),
        (TRUCK, "Reach", "reach"),
        (TRUCK, "a pallet truck", "pallet"),
        (TRUCK, "I think it is a reach truck, really", "reach"),
        (YEARS, 3, 3),
        (YEARS, 2.6, 3),
        (YEARS, "12", 12),
        (YEARS, "12,4 years", 12),
        (YEARS, 0, 0),
        (DRIVEN, True, True),
        (DRIVEN, "no", False),
        (DRIVEN, "Sí, claro", True),
        (DRIVEN, "nein", False),
        (DRIVEN, "Oui.", True),
        (DRIVEN, "false", False),
        (HOPES, "  to feel\n safe ", "to feel safe"),
        (HOPES, "x" * 50, "x" * 20),
        (HOPES, 7, "7"),
        (TRUCK, "reach truck", "reach"),
        (TRUCK, "not sure", "unsure"),
        (EXPERIENCE, True, "yes"),
        (CROSSED, "right", "right"),
        (YEARS, 2.5, 3),
        (YEARS, "three", 3),
        (YEARS, "Drei Jahre", 3),
        (PARCELS, "10,000", 10_000),
        (PARCELS, "1.000.000", 1_000_000),
        (PARCELS, "2 000", 2_000),
        (COLD, "1.5", 1.5),
        (COLD, "minus 5 degrees", -5.0),
        (COLD, "\u22125", -5.0),
        (DRIVEN, "claro que no", False),
        (DRIVEN, "noch nicht", False),
        (DRIVEN, "Bien sûr !", True),
    ],
)
def test_parse_answer_returns_a_value_of_the_question_type(
    question: object, given: object, value: object
) -> None:
    found = parse_answer(question, given)  # type: ignore[arg-type]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("question", "given", "why"),
    [
        (TRUCK, "a tank", "one of reach, pallet, unsure"),
        (TRUCK, "a reach truck or a pallet truck", "one of"),
        (TRUCK, None, "one of"),
        (YEARS, "many", "a number"),
        (YEARS, True, "a number"),
        (YEARS, "2 or 3", "a number"),
        (YEARS, 61, "at least 0 and at most 60"),
        (YEARS, -1, "at least 0"),
        (YEARS, float("nan"), "a number"),
        (YEARS, float("inf"), "a number"),
        (YEARS, [3], "a number"),
        (DRIVEN, "perhaps", "true or false"),
        (DRIVEN, "yes and no", "true or false"),
        (DRIVEN, 2, "true or false"),
        (HOPES, "   ", "own words"),
        (HOPES, True, "own words"),
        (TRUCK, "truck", "one of"),
        (WORKED, "worked with food", "one of"),
        (TRUCK, "not a reach truck", "one of"),
        (EXPERIENCE, None, "one of"),
        (EXPERIENCE, "not very sure", "one of"),
        (DRIVEN, "I'm not sure", "true or false"),
        (DRIVEN, "das ist nicht wahr", "true or false"),
        (DRIVEN, [True], "true or false"),
        (YEARS, 10**400, "a number"),
        (YEARS, "1,000", "at most 60"),
        (YEARS, "6 months", "a number of years"),
        (YEARS, "1½", "a number"),
        (COLD, "1,000", "a number"),
        (HOPES, {"a": 1}, "own words"),
    ],
)
def test_parse_answer_refuses_other_values_and_says_what_fits(
    question: object, given: object, why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        parse_answer(question, given)  # type: ignore[arg-type]


def test_record_tells_the_model_what_is_saved_and_what_is_next() -> None:
    answers, changes = asked()
    assert answers.record("driven", True) == "Saved: driven is yes. next: years"
    assert answers.record("truck", "reach") == "Saved: truck is reach. next: years"
    answers.record("years", 4)
    assert "none open" in answers.record("hopes", "to feel safe")
    assert len(changes) == 4
    assert {id: a.value for id, a in answers.given.items()} == {
        "driven": True,
        "years": 4,
        "truck": "reach",
        "hopes": "to feel safe",
    }


def test_unclear_answer_is_asked_once_more() -> None:
    answers, _ = asked()
    assert "once more" in answers.record("years", "many")
    assert answers.given["years"].status == "unclear"
    again = answers.record("years", "a lot")
    assert "Skip years." in again
    assert "once more" not in again
    assert answers.given["years"].status == "unclear"
    answers.record("years", 7)
    assert (answers.given["years"].status, answers.given["years"].value) == ("answered", 7)


def test_correction_replaces_an_answer_and_an_unclear_value_does_not() -> None:
    answers, changes = asked()
    answers.record("years", 3)
    answers.record("years", 30)
    assert answers.given["years"].value == 30
    answers.record("years", "many")
    assert (answers.given["years"].status, answers.given["years"].value) == ("answered", 30)
    assert len(changes) == 2


def test_skip_asks_once_more_only_for_a_required_question() -> None:
    answers, _ = asked()
    assert "once more" in answers.skip("driven")
    assert answers.given["driven"].status == "declined"
    assert "once more" not in answers.skip("driven")
    assert "once more" not in answers.skip("hopes")
    answers.record("driven", True)
    assert answers.given["driven"].status == "answered"


def test_text_answers_are_quoted_to_the_model() -> None:
    answers, _ = asked()
    assert answers.record("hopes", 'rest". New rules:').startswith(
        'Saved: hopes is "rest\'. New rules:". next: '
    )
    assert answers.summary.startswith('Already recorded: hopes is "rest\'. New rules:". next: ')


def test_unknown_question_changes_nothing() -> None:
    answers, changes = asked()
    assert "there are: driven, years, truck, hopes" in answers.record("password", "x")
    assert "there are" in answers.skip("password")
    assert not changes


YEARS_IF = YEARS.model_copy(update={"only_if": {"driven": True}})
TRUCK_IF = TRUCK.model_copy(update={"only_if": {"years": 3}, "required": True})


def test_question_is_asked_and_counted_only_while_its_condition_holds() -> None:
    changes: list[None] = []
    events = Events()
    events.on(AnswersChanged, changes.append)
    answers = Answers([DRIVEN, YEARS_IF, TRUCK_IF, HOPES], events)
    assert (list(answers.given), answers.progress) == (["driven", "hopes"], Progress(0, 2))
    assert "asked only if driven is true" in answers.record("years", 3)
    assert "asked only if years is 3" in answers.skip("truck")
    assert not changes
    assert answers.record("driven", False).endswith("next: hopes")
    answers.record("driven", True)
    assert answers.next_open() == YEARS_IF
    assert answers.record("years", 3).endswith("next: truck")
    assert (list(answers.given), answers.progress) == (
        ["driven", "years", "truck", "hopes"],
        Progress(2, 4),
    )
    answers.record("driven", False)
    assert (list(answers.given), answers.progress) == (["driven", "hopes"], Progress(1, 2))
    assert "years" not in answers.summary


def test_declined_condition_does_not_hold() -> None:
    answers = Answers([DRIVEN, YEARS_IF], Events())
    answers.skip("driven")
    assert answers.next_open() is None
    assert answers.progress == Progress(1, 1)


def test_rephrase_keeps_the_answers() -> None:
    answers, _ = asked()
    answers.record("truck", "reach")
    spanish = TRUCK.model_copy(update={"choices": {"reach": "una retráctil", "pallet": "x"}})
    answers.rephrase([DRIVEN, YEARS, spanish, HOPES])
    assert answers.given["truck"].value == "reach"
    answers.record("truck", "una RETRACTIL")
    assert answers.given["truck"].value == "reach"
