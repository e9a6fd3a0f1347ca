"""The JSON Schema of an outcome: printed by `python -m agent.outcomes.schema`, and published by the
token endpoint.
"""

from __future__ import annotations

import json
from typing import Any, Final

from pydantic import BaseModel

from agent.outcomes.outcome import Outcome

VERSION: Final[int] = Outcome.model_fields["v"].default
"""Raise it (`Outcome.v`) if a field is removed or changes its type: receivers depend on it."""


def outcome_schema(model: type[BaseModel] = Outcome) -> str:
    """Return the JSON Schema (draft 2020-12) of the `data` of a webhook message."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:training-greeter:outcome:v{VERSION}",
        **model.model_json_schema(mode="serialization"),
    }
    one_line = json.loads(json.dumps(schema), object_hook=_join_description)
    return json.dumps(one_line, indent=2) + "\n"


def _join_description(node: dict[str, Any]) -> dict[str, Any]:
    if isinstance(node.get("description"), str):
        node["description"] = " ".join(node["description"].split())
    return node


if __name__ == "__main__":
    print(outcome_schema(), end="")
