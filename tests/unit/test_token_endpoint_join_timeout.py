"""How long an avatar may wait for a trainee whose greeting was requested ahead of time."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.core.job_metadata import JobMetadata
from agent.token_endpoint.greetings import Greetings
from tests.support.endpoint_app import endpoint
from tests.support.endpoint_requests import BACKEND, path_of


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[JobMetadata]:
    """The metadata of every greeting that is started."""
    found: list[JobMetadata] = []

    async def start(_: Greetings, metadata: JobMetadata, **options: object) -> None:
        found.append(metadata)

    monkeypatch.setattr(Greetings, "start", start)
    return found


async def test_join_timeout_reaches_the_worker(tmp_path: Path, started: list[JobMetadata]) -> None:
    async with endpoint(tmp_path, JOIN_TIMEOUT_MAX_S="30") as http:
        for body in ({"join_timeout_s": 30}, {}):
            answer = await http.post(path_of("7"), headers=BACKEND, json=body)
            assert answer.status_code == 201
    assert [metadata.join_timeout_s for metadata in started] == [30, None]
    assert JobMetadata.from_json(started[0].to_json()).join_timeout_s == 30


@pytest.mark.parametrize("value", [31, 0, "long"])
async def test_join_timeout_out_of_bounds_is_refused_by_name(
    tmp_path: Path, started: list[JobMetadata], value: object
) -> None:
    async with endpoint(tmp_path, JOIN_TIMEOUT_MAX_S="30") as http:
        answer = await http.post(path_of("7"), headers=BACKEND, json={"join_timeout_s": value})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid_request"
    assert "join_timeout_s" in answer.json()["error"]["message"]
    assert answer.json()["fallback"]["welcome_text"]
    assert not started
