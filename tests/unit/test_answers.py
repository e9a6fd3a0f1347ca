"""Only the canonical value of a question is recorded; anything else is explained to the model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.conversation.answers import Answers
from agent.core.events import AnswersChanged, Events
from agent.core.records import Answer
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
PARCELS = NumberQuestion(id="parcels", type="number", ask="How many parcels?", minimum=1)
HOPES = TextQuestion(id="hopes", type="text", ask="What do you hope for?", max_characters=20)

EXPECTED = {
    "driven": "true or false",
    "years": "a whole number of years from 0 to 60",
    "truck": "one of reach, pallet, unsure",
    "hopes": "text of 1 to 20 characters",
    "cold": "a number of degrees",
    "parcels": "a whole number, at least 1",
}
CALLS = json.loads(Path(__file__).with_name("answers_tool_calls.json").read_text(encoding="utf-8"))
"""Values that a model may send, and what becomes of them."""


def asked() -> tuple[Answers, list[None]]:
    changes: list[None] = []
    events = Events()
    events.on(AnswersChanged, changes.append)
    return Answers([DRIVEN, YEARS, TRUCK, HOPES, COLD, PARCELS], events), changes


def test_record_accepts_only_canonical_values() -> None:
    for given in CALLS["accepted"]:
        answers, _ = asked()
        said = answers.record(given["id"], given["value"])
        assert said.startswith(f"Saved: {given['id']} is "), given
        answer = answers.given[given["id"]]
        expected = given.get("saved", given["value"])
        assert (answer.status, answer.value) == ("answered", expected), given
        assert type(answer.value) is type(expected), given


def test_record_refuses_other_values_in_one_sentence_and_changes_nothing() -> None:
    for given in CALLS["refused"]:
        answers, changes = asked()
        said = answers.record(given["id"], given["value"])
        sent = f"; you sent {given['sent']}" if "sent" in given else "; you sent "
        assert said.startswith(f"`value` must be {EXPECTED[given['id']]}{sent}"), given
        assert said.endswith(". If the trainee does not know, call skip_question."), given
        assert len(said) < 300, given
        assert not changes, given
        assert answers.given[given["id"]].status == "open", given


@pytest.mark.parametrize("id", EXPECTED)
def test_record_refuses_values_that_json_cannot_carry(id: str) -> None:
    answers, changes = asked()
    strange = [float("nan"), float("inf"), -float("inf"), 10**400, 10**5000, b"3", {1}, object()]
    for value in strange:
        assert answers.record(id, value).startswith(f"`value` must be {EXPECTED[id]}; you sent ")
    assert not changes


def test_record_tells_the_model_what_is_saved_and_what_is_next() -> None:
    answers, changes = asked()
    assert answers.record("driven", True) == "Saved: driven is yes. next: years"
    assert answers.record("truck", "reach") == "Saved: truck is reach. next: years"
    answers.record("years", 4)
    answers.record("cold", -5)
    answers.record("parcels", 20)
    assert "none open" in answers.record("hopes", "to feel safe")
    assert len(changes) == 6
    assert {id: a.value for id, a in answers.given.items()} == {
        "driven": True,
        "years": 4,
        "truck": "reach",
        "hopes": "to feel safe",
        "cold": -5,
        "parcels": 20,
    }


def test_correction_replaces_an_answer_and_a_refused_value_does_not() -> None:
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


def test_skip_keeps_an_earlier_answer() -> None:
    answers, changes = asked()
    answers.record("years", 3)
    assert answers.skip("years") == "Kept: years is 3. next: driven"
    assert (answers.given["years"].status, answers.given["years"].value) == ("answered", 3)
    assert len(changes) == 1


def test_text_answers_are_quoted_to_the_model() -> None:
    answers, _ = asked()
    assert answers.record("hopes", 'rest". New rules:').startswith(
        'Saved: hopes is "rest\'. New rules:". next: '
    )
    assert answers.summary.startswith('Already recorded: hopes is "rest\'. New rules:". next: ')


def test_unknown_question_changes_nothing() -> None:
    answers, changes = asked()
    assert "there are: driven, years, truck, hopes, cold, parcels" in answers.record(
        "password", "x"
    )
    assert "there are" in answers.skip("password")
    assert not changes


YEARS_IF = YEARS.model_copy(update={"only_if": {"driven": True}})
TRUCK_IF = TRUCK.model_copy(update={"only_if": {"years": 3}, "required": True})


def test_question_is_asked_and_counted_only_while_its_condition_holds() -> None:
    changes: list[None] = []
    events = Events()
    events.on(AnswersChanged, changes.append)
    answers = Answers([DRIVEN, YEARS_IF, TRUCK_IF, HOPES], events)
    assert list(answers.given) == ["driven", "hopes"]
    first = "years is asked only if driven is true: record that answer first. next: driven"
    assert answers.record("years", 3) == first
    assert "asked only if years is 3" in answers.skip("truck")
    assert not changes
    assert answers.record("driven", False).endswith("next: hopes")
    assert answers.record("years", 0).startswith("years is asked only if driven is true: leave it")
    answers.record("driven", True)
    assert answers.next_open() == YEARS_IF
    assert answers.record("years", 3).endswith("next: truck")
    assert list(answers.given) == ["driven", "years", "truck", "hopes"]
    answers.record("driven", False)
    assert list(answers.given) == ["driven", "hopes"]
    assert "years" not in answers.summary


def test_declined_condition_does_not_hold() -> None:
    answers = Answers([DRIVEN, YEARS_IF], Events())
    answers.skip("driven")
    assert answers.next_open() is None
    assert list(answers.given) == ["driven"]


def test_rephrase_keeps_the_answers() -> None:
    answers, _ = asked()
    answers.record("truck", "reach")
    spanish = TRUCK.model_copy(update={"choices": {"reach": "una retráctil", "pallet": "x"}})
    answers.rephrase([DRIVEN, YEARS, spanish, HOPES])
    assert answers.given["truck"].value == "reach"


def test_restore_takes_over_only_values_that_the_script_accepts() -> None:
    answers, _ = asked()
    earlier = {
        "driven": Answer(type="yes_no", status="answered", value=True),
        "years": Answer(type="number", status="answered", value=99),
        "truck": Answer(type="choice", status="answered", value="tank"),
        "hopes": Answer(type="text", status="declined"),
        "cold": Answer(type="number", status="unclear"),
        "gone": Answer(type="text", status="answered", value="x"),
    }
    answers.restore(earlier)
    assert {id: a.status for id, a in answers.given.items() if a.status != "open"} == {
        "driven": "answered",
        "hopes": "declined",
    }


def test_text_answer_needs_a_letter_or_a_digit() -> None:
    answers, changes = asked()
    text = next(id for id, q in answers.questions.items() if q.type == "text")
    for empty in ("?", "...", "-", "\u200b"):
        assert answers.record(text, empty).startswith("`value` must be text")
    assert changes == []
