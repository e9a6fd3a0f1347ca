"""POST …/avatar-greeting/feedback/, after the end of a greeting."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from agent.outcomes.feedback import newest_versions
from agent.store import Store, open_store
from agent.token_endpoint.tokens import generate_livekit_token
from tests.support.endpoint_app import LIVEKIT_KEY, LIVEKIT_SECRET, endpoint, settings
from tests.support.endpoint_requests import BACKEND, browser, path_of
from tests.support.outcomes import outcome, store_ended

GIVEN = {"helpful": True, "comment": "So\nkind!"}
PATH = path_of("7") + "feedback/"


def in_room(session_id: str) -> dict[str, str]:
    """The header with the trainee's room token, which the page sends first."""
    room = f"training-session-{session_id}"
    token = generate_livekit_token(room, "", api_key=LIVEKIT_KEY, api_secret=LIVEKIT_SECRET)
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def store(tmp_path: Path) -> Store:
    """The endpoint's store, with a greeting that has ended."""
    store = open_store(settings(tmp_path))
    await store_ended(store, outcome("o", "7"))
    return store


@pytest.mark.parametrize("caller", [BACKEND, browser("7"), in_room("7")])
async def test_feedback_is_kept_in_the_outcome(
    tmp_path: Path, store: Store, caller: dict[str, str]
) -> None:
    async with endpoint(tmp_path) as http:
        answer = await http.post(PATH, json=GIVEN, headers=caller)
    assert (answer.status_code, answer.json()) == (200, {"success": True, "session_id": "7"})
    [body] = newest_versions(await store.outcomes("7"))
    feedback = json.loads(body)["feedback"]
    assert (feedback["helpful"], feedback["comment"]) == (True, "So kind!")


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("path", [PATH, PATH.rstrip("/")])
async def test_feedback_is_counted_as_a_route_of_its_own(tmp_path: Path, path: str) -> None:
    def requests(outcome: str) -> float:
        labels = {"route": "feedback", "outcome": outcome}
        name = "training_greeter_endpoint_requests_total"
        return REGISTRY.get_sample_value(name, labels) or 0

    kept, invalid = requests("feedback"), requests("invalid_request")
    async with endpoint(tmp_path) as http:
        await http.post(path, json=GIVEN, headers=BACKEND)
        await http.post(path, json={}, headers=BACKEND)
    assert requests("feedback") - kept == 1
    assert requests("invalid_request") - invalid == 1


@pytest.mark.parametrize(
    ("body", "caller", "status", "code"),
    [
        ({}, BACKEND, 422, "invalid_request"),
        ({"helpful": "yes"}, BACKEND, 422, "invalid_request"),
        (GIVEN, browser("8"), 403, "forbidden"),
        (GIVEN, in_room("8"), 403, "forbidden"),
        (GIVEN, {}, 401, "unauthorized"),
    ],
)
async def test_feedback_that_is_not_valid_is_rejected(
    tmp_path: Path,
    store: Store,
    body: dict[str, object],
    caller: dict[str, str],
    status: int,
    code: str,
) -> None:
    async with endpoint(tmp_path) as http:
        answer = await http.post(PATH, json=body, headers=caller)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
        answer = await http.post(PATH, headers=BACKEND)
        assert answer.status_code == 422, "an empty body"
    assert len(await store.outcomes("7")) == 1


async def test_feedback_is_refused_with_outcome_detail_aggregate(
    tmp_path: Path, store: Store
) -> None:
    async with endpoint(tmp_path, OUTCOME_DETAIL="aggregate") as http:
        answer = await http.post(PATH, json=GIVEN, headers=BACKEND)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "feedback_not_kept")
    assert len(await store.outcomes("7")) == 1


async def test_feedback_is_refused_if_the_greeting_has_no_outcome(tmp_path: Path) -> None:
    async with endpoint(tmp_path) as http:
        answer = await http.post(PATH, json=GIVEN, headers=BACKEND)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "feedback_not_kept")


async def test_feedback_waits_for_the_worker_to_close_the_outcome(tmp_path: Path) -> None:
    store = open_store(settings(tmp_path))
    record = outcome("o", "7")
    await store.open_outcome("o", "7", record.model_dump_json(), 60)
    async with endpoint(tmp_path) as http:
        sent = asyncio.create_task(http.post(PATH, json=GIVEN, headers=BACKEND))
        await asyncio.sleep(0.3)
        assert not sent.done()
        await store_ended(store, record)
        assert (await sent).status_code == 200
