"""docs/openapi.json describes the API and the outcome webhook of this version."""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft202012Validator

from agent.outcomes.schema import outcome_schema
from agent.token_endpoint.http.api_document import api_document

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"


def test_openapi_document_in_docs_is_current() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == api_document(), (
        "run: python -m agent.token_endpoint.http.api_document > docs/openapi.json"
    )


def test_openapi_document_has_short_operation_names() -> None:
    document = json.loads(api_document())
    names = [
        operation["operationId"]
        for methods in document["paths"].values()
        for operation in methods.values()
    ]
    assert {"start_greeting", "end_greeting"} <= set(names)
    assert len(names) == len(set(names))
    assert all(name.isidentifier() for name in names)


def test_openapi_document_describes_the_outcome_webhook() -> None:
    document = json.loads(api_document())
    webhook = document["webhooks"]["greeting.ended"]["post"]
    assert {parameter["name"] for parameter in webhook["parameters"]} == {
        *("webhook-id", "webhook-timestamp", "webhook-signature")
    }
    event = document["components"]["schemas"]["OutcomeEvent"]
    assert event["properties"]["data"] == {"$ref": "#/components/schemas/Outcome"}
    outcome = document["components"]["schemas"]["Outcome"]["properties"]
    assert set(outcome) == set(json.loads(outcome_schema())["properties"])
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
