"""Request bodies: allowed fields, defaults and validation."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest
from livekit import api
from pydantic import ValidationError

from agent.core.job_metadata import JobMetadata
from agent.token_endpoint.errors import ApiError
from agent.token_endpoint.greetings import Greetings
from agent.token_endpoint.http.allowed_fields import reject_foreign_fields
from agent.token_endpoint.http.schemas import EndRequest, GreetingRequest
from tests.support.endpoint_app import endpoint
from tests.support.endpoint_requests import BACKEND, path_of


def asked(**body: Any) -> GreetingRequest:
    return GreetingRequest.model_validate_json(json.dumps(body))


def choose(body: dict[str, Any], *, from_browser: bool = False) -> None:
    reject_foreign_fields(asked(**body), "7", agent_name="greeter", from_browser=from_browser)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"room_name": ""},
        {"room_name": "training-session-7"},
        {"roomName": "training-session-7"},
        {"participant_name": "user"},
        {"participant_identity": "trainee-7"},
        {"participant_identity": "", "participant_metadata": "", "participant_attributes": {}},
        {"room_config": None},
        {"room_config": {}},
        {"room_config": {"name": "training-session-7", "agents": []}},
        {"room_config": {"agents": [{"agent_name": "greeter"}]}},
        {"room_config": {"agents": [{"agentName": "greeter", "metadata": "", "attributes": {}}]}},
        {"room_config": {"empty_timeout": 0, "egress": {}, "tags": {}}},
        {"client": "avatar-greeting"},
        {"client": "something else"},
        {"a_field_of_tomorrow": {}},
        {"deployment": "", "tags": {}, "attributes": {}, "hidden": False, "room_admin": None},
        {"role": "", "industry": "", "training_type": "", "locale": "", "continue_url": ""},
        {"trainee": {}, "consent": {}},
        {"trainee": {"id": None, "name": ""}, "consent": {"transcript": False}},
        {"room_config": {"tags": {}, "agents": [{"deployment": "", "restart_policy": 0}]}},
        {"room_config": {"agents": [{"restartPolicy": "JRP_ON_FAILURE", "agentName": ""}]}},
        {"session_id": "7"},
        {"sessionId": 7, "agentName": "greeter", "room": "training-session-7"},
        {"restart": False},
    ],
)
def test_fields_may_repeat_the_servers_values(body: dict[str, Any]) -> None:
    choose(body, from_browser=True)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"room_name": "training-session-8"}, "room_name"),
        ({"roomName": "training-session-8"}, "room_name"),
        ({"participant_identity": "agent"}, "participant_identity"),
        ({"participant_metadata": "x"}, "participant_metadata"),
        ({"participant_attributes": {"lk.publish_on_behalf": "x"}}, "participant_attributes"),
        ({"room_config": {"name": "other"}}, "room_config.name"),
        ({"room_config": {"egress": {"room": {"room_name": "x"}}}}, "room_config.egress"),
        ({"room_config": {"maxParticipants": 9}}, "room_config.max_participants"),
        ({"room_config": {"metadata": "x"}}, "room_config.metadata"),
        ({"room_config": {"agents": [{"agent_name": "x"}]}}, "room_config.agents.agent_name"),
        ({"room_config": {"agents": [{"metadata": "x"}]}}, "room_config.agents.metadata"),
        ({"room_config": {"agents": [{"deployment": "x"}]}}, "room_config.agents.deployment"),
        ({"room_config": {"agents": [{}, {}]}}, "room_config.agents"),
        ({"room_config": {"agents": "greeter"}}, "room_config.agents"),
        ({"room_config": {"agents": [[1]]}}, "room_config.agents"),
        ({"identity": "x"}, "identity"),
        ({"grants": {"roomAdmin": True}}, "grants"),
        ({"video": {"roomCreate": True}}, "video"),
        ({"egress": {"x": 1}}, "egress"),
        ({"agentName": "x"}, "agent_name"),
        ({"participant": {"identity": "x"}}, "participant"),
        ({"canPublish": True}, "can_publish"),
        ({"can_publish_sources": ["camera"]}, "can_publish_sources"),
        ({"a_field_of_tomorrow": {"x": 1}}, "a_field_of_tomorrow"),
        ({"deployment": "x"}, "deployment"),
        ({"tags": {"a": "b"}}, "tags"),
        ({"room_config": {"tags": {"a": "b"}}}, "room_config.tags"),
        (
            {"room_config": {"agents": [{"attributes": {"a": "b"}}]}},
            "room_config.agents.attributes",
        ),
        ({"room_config": {"agents": [{"restart_policy": 1}]}}, "room_config.agents.restart_policy"),
        ({"session_id": "8"}, "session_id"),
        ({"session_id": [7]}, "session_id"),
    ],
)
@pytest.mark.parametrize("from_browser", [True, False])
def test_other_values_are_rejected_by_field_name(
    body: dict[str, Any], named: str, from_browser: bool
) -> None:
    with pytest.raises(ApiError) as refused:
        choose(body, from_browser=from_browser)
    assert refused.value.code == "field_not_allowed"
    assert refused.value.message.endswith(f": {named}")


@pytest.mark.parametrize("body", [{"trainee": {"email": "x"}}, {"consent": {"version": 3}}])
def test_further_fields_of_trainee_and_consent_are_ignored(body: dict[str, Any]) -> None:
    choose(body)


def _grants() -> list[str]:
    """Every field of every grant and message a token or a room may carry, as Python spells it."""
    messages = (api.RoomConfiguration, api.RoomAgentDispatch, api.ParticipantPermission)
    grants = (api.VideoGrants, api.SIPGrants)
    return sorted(
        {f.name for grant in grants for f in dataclasses.fields(grant)}
        | {f.name for message in messages for f in message.DESCRIPTOR.fields}
    )


@pytest.mark.parametrize("name", _grants())
@pytest.mark.parametrize("from_browser", [True, False])
def test_grants_are_rejected_in_either_case(name: str, from_browser: bool) -> None:
    camel = re.sub("_([a-z])", lambda m: m[1].upper(), name)
    for given in (name, camel):
        with pytest.raises(ApiError, match=f": {name}$"):
            choose({given: "x"}, from_browser=from_browser)


def test_error_limits_the_number_and_length_of_names() -> None:
    with pytest.raises(ApiError) as refused:
        choose({f"{i:05}" + "x" * 500: 1 for i in range(100)})
    assert len(refused.value.message) < 1500


PLATFORMS_OWN = {
    "trainee": {"name": "Eve"},
    "role": "Chief",
    "industry": "x",
    "training_type": "x",
    "locale": "de",
    "consent": {"recording": True},
    "continue_url": "https://example.com/",
    "restart": True,
}


@pytest.mark.parametrize("name", PLATFORMS_OWN)
def test_browser_may_not_set_the_platforms_fields(name: str) -> None:
    body = {name: PLATFORMS_OWN[name]}
    choose(body)
    with pytest.raises(ApiError, match=name):
        choose(body, from_browser=True)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "//evil.example",
        "/relative",
        "ftp://x",
        "data:text/html,x",
        "https://",
        "https://good@evil.example/",
        "https://x.example/a b",
        "https://x.example\n",
        " https://x.example",
        "https:/x.example",
        "https://x.example\\@evil",
        "https://x.example/" + "a" * 2048,
        7,
    ],
)
def test_continue_url_must_be_http(url: object) -> None:
    with pytest.raises(ValidationError, match="continue_url"):
        asked(continue_url=url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        None,
        "http://localhost:3000",
        "https://x.example/v?a=b#c",
        "https://[::1]:8/ü",
        "http://h?x",
    ],
)
def test_continue_url_accepts_http_urls(url: object) -> None:
    asked(continue_url=url)


def metadata(**body: Any) -> JobMetadata:
    return asked(**body).job_metadata("7", subject="sub-1", continue_url="https://default.example")


@pytest.mark.parametrize("odd", [None, 7, [], {}, True, "", "\u202e\x00 \n"])
def test_unusable_names_and_locales_are_accepted(odd: object) -> None:
    assert metadata(trainee={"name": odd}, locale=odd, role=odd) == metadata()


def test_very_long_name_is_cut() -> None:
    assert len(metadata(trainee={"name": "ada" * 2000}).trainee.name) == 60


def test_consent_is_false_by_default() -> None:
    assert metadata().consent.model_dump() == {"transcript": False, "recording": False}
    assert metadata(consent={"transcript": True}).consent.model_dump() == {
        "transcript": True,
        "recording": False,
    }


@pytest.mark.parametrize("yes", ["true", 1, "yes", []])
def test_only_true_counts_as_consent(yes: object) -> None:
    with pytest.raises(ValidationError, match="consent"):
        asked(consent={"recording": yes})


def test_missing_fields_have_defaults() -> None:
    assert metadata().continue_url == "https://default.example"
    assert metadata().trainee.id == "sub-1"
    assert metadata(trainee={"id": "t-9"}, continue_url="https://a.b").trainee.id == "t-9"


def test_longest_session_id_is_not_cut() -> None:
    made = asked().job_metadata("s" * 128, subject="", continue_url="")
    assert JobMetadata.from_json(made.to_json()).session_id == "s" * 128


@pytest.mark.parametrize("reason", ["", "a b", "x" * 65, "ENDE\n", None, 3])
def test_reason_must_be_one_short_word(reason: object) -> None:
    with pytest.raises(ValidationError, match="reason"):
        EndRequest.model_validate_json(json.dumps({"reason": reason}))


@pytest.mark.parametrize("value", [0, 0.9, -1, True, "20", [20]])
def test_join_timeout_of_another_value_is_refused(value: object) -> None:
    with pytest.raises(ValidationError, match="join_timeout_s"):
        asked(join_timeout_s=value)


def test_join_timeout_is_for_the_backend_only() -> None:
    with pytest.raises(ApiError, match="join_timeout_s"):
        choose({"join_timeout_s": 20}, from_browser=True)
    choose({"join_timeout_s": 20})


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
        for body in ({"join_timeout_s": 30}, {"join_timeout_s": 12.5}, {}):
            answer = await http.post(path_of("7"), headers=BACKEND, json=body)
            assert answer.status_code == 201
    assert [metadata.join_timeout_s for metadata in started] == [30, 12.5, None]
    assert JobMetadata.from_json(started[0].to_json()).join_timeout_s == 30


@pytest.mark.parametrize("value", [31, "long"])
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
