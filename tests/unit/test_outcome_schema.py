"""docs/outcome.schema.json is the schema of `Outcome`; nothing in it rates the trainee."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import Field, create_model

from agent.outcomes.aggregate import without_person
from agent.outcomes.outcome import Outcome
from agent.outcomes.schema import VERSION, outcome_schema
from agent.token_endpoint.app import create_app
from tests.support.endpoint_app import running, settings
from tests.support.outcomes import full_outcome

SCHEMA = Path(__file__).parents[2] / "docs" / "outcome.schema.json"
RELEASED = Path(__file__).with_name(f"outcome.v{VERSION}.released.json")

RATES_THE_TRAINEE = re.compile(
    r"scor(e|ing)|grade|rank|sentiment|emotion|mood|affect|readiness|ready|engag|attenti|attentive"
    r"|stress|confiden|competen|proficien|aptitude|performance|personality|risk|suitab|talent"
    r"|passed|failed|percentile|evaluat|assess|profile"
)
"""Names and values that would say how good, ready or moved a trainee is. The EU AI Act prohibits
emotion inference at work and in education (Art. 5(1)(f)); evaluating learners and workers is
high-risk (Annex III, 3 and 4). See docs/trust.md before you change this."""
ABOUT_THE_RECORDING = {"Recorded.status.failed"}


def names_in(schema: dict[str, Any]) -> Iterator[str]:
    """Every field and every value of an enumeration: `Answer.status`, `Answer.status.open`."""
    for model, definition in {"Outcome": schema, **schema.get("$defs", {})}.items():
        for field, content in definition.get("properties", {}).items():
            yield f"{model}.{field}"
            for found in re.findall(r'"enum": (\[.*?\])|"const": (".*?")', json.dumps(content)):
                values = json.loads(found[0] or f"[{found[1]}]")
                yield from (f"{model}.{field}.{value}" for value in values)


def ratings_in(schema: dict[str, Any]) -> list[str]:
    return [
        name
        for name in names_in(schema)
        if RATES_THE_TRAINEE.search(name.partition(".")[2].lower())
        and name not in ABOUT_THE_RECORDING
    ]


def test_outcome_schema_in_docs_is_current() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == outcome_schema(), (
        "run: python -m agent.outcomes.schema > docs/outcome.schema.json"
    )


def types_in(schema: dict[str, Any]) -> dict[str, set[str]]:
    """The types of every field: `Answer.at` may be a `string` or `null`."""
    return {
        f"{model}.{field}": set(
            re.findall(r'"(?:type|\$ref)": "(?:#/\$defs/)?(\w+)"', json.dumps(content))
        )
        for model, definition in {"Outcome": schema, **schema.get("$defs", {})}.items()
        for field, content in definition.get("properties", {}).items()
    }


def test_outcome_keeps_every_released_field_and_its_types() -> None:
    released = types_in(json.loads(RELEASED.read_text(encoding="utf-8")))
    current = types_in(json.loads(outcome_schema()))
    assert len(released) > 40
    changed = {name: types for name, types in released.items() if current.get(name) != types}
    assert changed == {}, "receivers depend on it: raise Outcome.v, and say so in the changelog"


def test_outcome_matches_its_schema() -> None:
    schema = Draft202012Validator(json.loads(outcome_schema()))
    for outcome in (full_outcome(), without_person(full_outcome())):
        schema.validate(json.loads(outcome.model_dump_json()))
    assert not schema.is_valid({"v": VERSION, "id": "an outcome without a session"})


async def test_endpoint_publishes_the_schema_under_its_version(tmp_path: Path) -> None:
    async with running(create_app(settings(tmp_path))) as http:
        answer = await http.get(f"/schemas/outcome.v{VERSION}.json")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("application/schema+json")
        assert answer.text == outcome_schema()
        assert answer.json()["$id"] == f"urn:training-greeter:outcome:v{VERSION}"
        assert answer.json()["properties"]["v"]["const"] == VERSION


def test_outcome_has_no_score_and_no_emotion() -> None:
    assert ratings_in(json.loads(outcome_schema())) == [], "see docs/trust.md"


@pytest.mark.parametrize(
    "field", ["score", "sentiment", "emotions", "readiness_percent", "mood", "stress_level"]
)
def test_a_field_that_rates_the_trainee_is_found(field: str) -> None:
    rated = create_model("Outcome", __base__=Outcome, **{field: (float, Field(0.0))})  # type: ignore[call-overload]
    assert ratings_in(json.loads(outcome_schema(rated))) == [f"Outcome.{field}"]
