"""Unexpected errors and refusals of the token endpoint."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from agent.token_endpoint.greetings import Greetings
from tests.support.endpoint_app import endpoint
from tests.support.endpoint_requests import BACKEND, ORIGIN, path_of
from tests.support.process_logs import logged


async def test_unexpected_error_is_a_500_with_fallback_and_its_text_is_not_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The integration tests look for this event in the endpoint's log."""

    async def fail(*_: object, **__: object) -> bool:
        raise RuntimeError("a-secret-token")

    monkeypatch.setattr(Greetings, "start", fail)
    async with endpoint(tmp_path) as http:
        response = await http.post(path_of("7"), headers=BACKEND)
    assert response.status_code == 500
    assert response.json()["error"]["code"] == "internal_error"
    assert response.json()["fallback"]["welcome_text"]
    [record] = logged(caplog, "unexpected_error")
    assert record["error"] == "RuntimeError"
    assert "a-secret-token" not in f"{record} {response.text}"


async def test_error_of_a_body_names_the_field_and_no_class(
    tmp_path: Path,
) -> None:
    json = {"Content-Type": "application/json", **BACKEND}
    async with endpoint(tmp_path) as http:
        text = await http.post(path_of("7"), headers=json, content=b'{"trainee": "Ada"}')
        script = b'{"continue_url": "javascript:alert(1)"}'
        url = await http.post(path_of("7"), headers=json, content=script)
        odd = await http.post(path_of("7"), headers=json, content=b'{"a\\u202e\\u0000b": 1}')
    assert text.json()["error"]["message"] == "trainee: must be a JSON object"
    assert url.json()["error"]["message"] == (
        "continue_url: must be an http(s) URL, or empty for CONTINUE_URL"
    )
    assert odd.json()["error"]["message"] == "this caller may not set: ab"


@pytest.mark.parametrize(("detail", "ids"), [("full", ["7"]), ("aggregate", [None])])
async def test_refused_request_is_logged_without_its_session_in_works_council_mode(
    detail: str, ids: list[str | None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The runbook begins with this line; the log filter drops lines with a session id."""
    caplog.set_level(logging.INFO)
    async with endpoint(tmp_path, OUTCOME_DETAIL=detail) as http:
        assert (await http.post(path_of("7"))).status_code == 401
    refused = [r for r in caplog.records if getattr(r, "event", "") == "request_rejected"]
    assert [getattr(record, "session_id", None) for record in refused] == ids


@pytest.mark.parametrize(
    ("headers", "status"), [("authorization,traceparent,tracestate", 200), ("x-other", 403)]
)
async def test_preflight_allows_the_trace_headers_of_a_page(
    headers: str, status: int, tmp_path: Path
) -> None:
    ask = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": headers}
    async with endpoint(tmp_path) as http:
        answer = await http.options(path_of("7"), headers={"Origin": ORIGIN, **ask})
    assert answer.status_code == status
