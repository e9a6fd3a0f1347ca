"""LiveKit's webhooks: verification, and what each event causes."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import hypothesis
import pytest
from hypothesis import strategies as st
from livekit import api

from agent.core.errors import StoreError
from agent.store import SqliteStore
from agent.token_endpoint.errors import ApiError
from agent.token_endpoint.http.livekit_webhooks import LiveKitWebhooks
from agent.token_endpoint.supervision.supervisor import Supervisor
from tests.support.endpoint_app import LIVEKIT_KEY, LIVEKIT_SECRET, endpoint, settings

ROOM = {"name": "training-session-7", "sid": "RM_1"}


def event(what: str = "participant_left", **more: Any) -> bytes:
    told = {"event": what, "room": ROOM, "id": f"EV_{time.monotonic_ns()}", **more}
    return json.dumps({"createdAt": str(int(time.time())), **told}).encode()


def signature(
    body: bytes, *, secret: str = LIVEKIT_SECRET, key: str = LIVEKIT_KEY, **how: Any
) -> str:
    """As LiveKit signs one: a token of the key that holds the body's hash."""
    made = api.AccessToken(key, secret).with_ttl(timedelta(minutes=5))
    for name, value in how.items():
        made = getattr(made, name)(value)
    return made.with_sha256(base64.b64encode(hashlib.sha256(body).digest()).decode()).to_jwt()


class Hints:
    """The supervisor, as far as webhooks use it."""

    def __init__(self) -> None:
        self.rooms: list[str] = []

    def inspect_soon(self, room_name: str) -> None:
        self.rooms.append(room_name)


@pytest.fixture
def hints() -> Hints:
    return Hints()


@pytest.fixture
def events(tmp_path: Path, store: SqliteStore, hints: Hints) -> LiveKitWebhooks:
    return LiveKitWebhooks(settings(tmp_path), store, cast(Supervisor, hints))


async def taken(events: LiveKitWebhooks, body: bytes, **how: Any) -> bool:
    return await events.receive(body, signature(body, **how))


@pytest.mark.parametrize("what", ["participant_left", "participant_connection_aborted"])
async def test_participant_left_asks_for_an_inspection(
    events: LiveKitWebhooks, hints: Hints, what: str
) -> None:
    assert await taken(events, event(what))
    assert hints.rooms == ["training-session-7"]


@pytest.mark.parametrize("key", [(LIVEKIT_KEY, LIVEKIT_SECRET), ("old", "o" * 32)])
async def test_events_of_the_previous_key_are_accepted_during_a_rotation(
    tmp_path: Path, store: SqliteStore, hints: Hints, key: tuple[str, str]
) -> None:
    rotating = settings(
        tmp_path, LIVEKIT_API_KEY_PREVIOUS="old", LIVEKIT_API_SECRET_PREVIOUS="o" * 32
    )
    events = LiveKitWebhooks(rotating, store, cast(Supervisor, hints))
    assert await taken(events, event(), key=key[0], secret=key[1])
    with pytest.raises(ApiError):
        await taken(events, event(), key="old", secret=LIVEKIT_SECRET)


async def test_other_events_and_rooms_are_ignored(events: LiveKitWebhooks, hints: Hints) -> None:
    for body in (
        event("track_published"),
        event("room_finished"),
        event("an_event_of_tomorrow", a_field_of_tomorrow={"x": 1}),
        event(room={"name": "somebody-elses"}),
        json.dumps({"event": "room_finished"}).encode(),
        b"{}",
    ):
        assert not await taken(events, body)
    assert hints.rooms == []


FORGED = {
    "no signature": lambda body: None,
    "an empty one": lambda body: "",
    "no token": lambda body: "x.y.z",
    "of another key": lambda body: signature(body, secret="x" * 40),
    "of another project": lambda body: signature(body, key="other"),
    "of another body": lambda body: signature(body + b" "),
    "expired": lambda body: signature(body, with_ttl=timedelta(minutes=-5)),
    "of no body": lambda body: api.AccessToken(LIVEKIT_KEY, LIVEKIT_SECRET).to_jwt(),
    "a hash that is none": lambda body: (
        api.AccessToken(LIVEKIT_KEY, LIVEKIT_SECRET).with_sha256("ü!").to_jwt()
    ),
    "huge": lambda body: "x" * 100_000,
}


@pytest.mark.parametrize("how", FORGED)
async def test_forged_event_is_rejected(events: LiveKitWebhooks, hints: Hints, how: str) -> None:
    body = event()
    with pytest.raises(ApiError) as refused:
        await events.receive(body, FORGED[how](body))
    assert refused.value.code == "unauthorized"
    assert hints.rooms == []


async def test_repeated_event_is_accepted_and_not_used(
    events: LiveKitWebhooks, hints: Hints
) -> None:
    """It is not an error: many 401 would fire TrainingGreeterEndpointRefusesCredentials."""
    body = event()
    signed = signature(body)
    assert await events.receive(body, signed)
    for again in (signed, signature(body)):
        assert not await events.receive(body, again)
    assert len(hints.rooms) == 1


async def test_event_causes_an_inspection_even_if_the_store_fails(
    events: LiveKitWebhooks, hints: Hints, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(name: str, ttl_s: float) -> bool:
        raise StoreError("not now")

    monkeypatch.setattr(store, "claim", away)
    assert await taken(events, event())
    assert hints.rooms


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(["event", "room", "participant", "id", "createdAt", "egressInfo", "x"])


def bodies_of_any_shape() -> list[bytes]:
    found: list[bytes] = []

    @hypothesis.settings(max_examples=40, deadline=None, database=None)
    @hypothesis.given(told=st.dictionaries(FIELDS, ANYTHING, max_size=4))
    def collect(told: dict[str, Any]) -> None:
        found.append(json.dumps(told).encode())

    collect()
    return found


async def test_no_signed_body_causes_a_500(tmp_path: Path) -> None:
    odd = [b"", b"null", b"[]", b"\xff", b'{"room": 1}', b'{"room": {"name": null}}']
    odd += [b'{"room":' * 5000 + b"1" + b"}" * 5000, b'{"createdAt": "-99999999999999999999"}']
    async with endpoint(tmp_path) as http:
        for body in (*odd, *bodies_of_any_shape()):
            headers = {"Authorization": signature(body), "Content-Type": "application/webhook+json"}
            answer = await http.post("/livekit/webhook", content=body, headers=headers)
            assert answer.status_code in {200, 400, 401}, body
