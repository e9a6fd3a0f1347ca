"""docs/outcome.schema.json is the schema of `Outcome`."""

from __future__ import annotations

from pathlib import Path

from agent.outcomes.schema import outcome_schema

SCHEMA = Path(__file__).parents[2] / "docs" / "outcome.schema.json"


def test_outcome_schema_in_docs_is_current() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == outcome_schema(), (
        "run: python -m agent.outcomes.schema > docs/outcome.schema.json"
    )
