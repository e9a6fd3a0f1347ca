"""The main path: request, opening, speech, answer, Continue."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from livekit import api, rtc

from tests.support.conversation import expected_avatars, wait_for_opening
from tests.support.livekit_token import trainee_token
from tests.support.product import Product
from tests.support.shipped_scripts import (
    first_sentence,
    shipped_script,
)
from tests.support.waiting import until, until_answer

BEGINS = first_sentence(shipped_script().opening)
"""The first sentence of the opening for a trainee without a training."""
SLACK_S = 6.0
"""Tolerance for a busy machine, added to what is promised."""


async def _listed(product: Product, room: str) -> list[api.ParticipantInfo]:
    """The participants of a room, as LiveKit lists them; it may list a newcomer late."""
    request = api.ListParticipantsRequest(room=room)
    return list((await product.livekit.room.list_participants(request)).participants)


async def test_agent_greets_by_name_and_answers_speech(
    product: Product, recordings: dict[str, Path]
) -> None:
    training = {"role": "picker", "training_type": "warehouse safety"}
    client, response, _ = await product.enter(after_avatar=True, receives_video=True, **training)
    _, speaker = await client.hears(after=0)
    # LiveKit may announce the avatar before the agent.
    await until(lambda: client.avatar is not None and client.agent is not None, 60, "not announced")
    assert speaker == client.avatar.identity
    assert client.avatar.attributes["lk.publish_on_behalf"] == client.agent.identity

    opening = await wait_for_opening(client)
    assert opening == shipped_script(**training).opening
    assert "warehouse safety" in opening
    await until(lambda: client.video_frames.get(speaker, 0) > 15, 60, "no moving picture")

    await client.silence()
    # It counts as a publisher without a track of its own.
    await until(lambda: not client.agent.track_publications, 60, "its own track is published")
    both = {client.agent.identity, client.avatar.identity}
    await until_answer(
        lambda: _listed(product, response["room_name"]),
        lambda listed: both <= {p.identity for p in listed if p.is_publisher},
    )
    said_until = await client.say_until_recognised(recordings["clone-test"], "america")
    await client.hears(after=said_until + 0.2)
    await until(lambda: len(client.agent_said) > len(opening) + 20, 60, "no answer")

    ended_at = time.monotonic()
    await client.press_continue()
    await until(lambda: client.disconnected_at is not None, 60, "the room was not closed")
    assert client.disconnected_at - ended_at < 2 + SLACK_S
    await product.room_is_deleted(response["room_name"])
    await product.paid_avatars_left(response["room_name"])
    avatars = await product.avatars(response["room_name"])
    assert len(avatars) == expected_avatars(product, response["session_id"])


async def test_opening_waits_until_the_page_can_hear(product: Product) -> None:
    """A report that cannot be read is refused, and does not end the wait."""
    client, _, _ = await product.enter(after_avatar=True, client="avatar-greeting")
    # At once: after 5 s without a report, the agent would not wait for one.
    assert await client.rpc("can_hear", {"sound_unlocked": False, "audio_from": []}) == "ok"
    await until(lambda: client.avatar is not None, 60, "no avatar joined")
    identities = [client.agent.identity, client.avatar.identity]
    await until(lambda: client.agent.attributes.get("greeting.mode") == "avatar", 60, "no mode")
    with pytest.raises(rtc.RpcError, match="sound_unlocked"):
        await client.rpc("can_hear", "nonsense")
    silent = {"sound_unlocked": False, "audio_from": identities}
    assert await client.rpc("can_hear", silent) == "ok"
    # The page cannot hear while sound is blocked, nor before it has subscribed.
    assert await client.rpc("can_hear", {"sound_unlocked": True, "audio_from": []}) == "ok"
    waited_until = time.monotonic() + 2
    await until(lambda: time.monotonic() > waited_until, 3, "")
    assert client.first_sound() is None
    able_at = time.monotonic()
    await client.rpc("can_hear", {"sound_unlocked": True, "audio_from": identities})
    heard_at, _ = await client.hears(after=able_at)
    assert heard_at - able_at < 3 + SLACK_S
    assert (await wait_for_opening(client)).startswith(BEGINS)


async def test_agent_uses_the_participant_name_if_metadata_is_unreadable(product: Product) -> None:
    livekit = product.stage.livekit
    room = "training-session-odd"
    await product.livekit.room.create_room(
        api.CreateRoomRequest(
            name=room,
            agents=[api.RoomAgentDispatch(agent_name="training-greeter", metadata="not json")],
        )
    )
    token = trainee_token(livekit, room, identity="somebody", name="Grace")
    client = await product.join(livekit.url, token)
    assert await wait_for_opening(client) == shipped_script(name="Grace").opening
    log = (product.logs / "worker.log").read_text()
    assert "metadata_unreadable" in log


async def test_avatar_token_is_short_lived_and_has_the_least_rights(product: Product) -> None:
    client, response, _ = await product.enter()
    # LiveKit may announce the avatar before the agent.
    await until(lambda: client.avatar is not None and client.agent is not None, 60, "no avatar")
    identity = client.avatar.identity

    async def in_list() -> list[api.ParticipantInfo]:
        return [p for p in await _listed(product, response["room_name"]) if p.identity == identity]

    [participant] = await until_answer(in_list)
    assert participant.kind == api.ParticipantInfo.Kind.AGENT
    assert participant.permission.can_publish
    assert not participant.permission.can_update_metadata
    assert not participant.permission.hidden
    (session,) = await product.avatars(response["room_name"])
    assert session["identity"] == participant.identity

    claims = session["claims"]
    assert claims["sub"] == participant.identity
    assert 0 < claims["exp"] - claims.get("nbf", claims.get("iat", 0)) <= 120
    assert claims["kind"] == "agent"
    assert claims["attributes"] == {"lk.publish_on_behalf": client.agent.identity}
    grants = claims["video"]
    assert grants.pop("room") == response["room_name"]
    allowed = {name for name, value in grants.items() if value}
    # canPublishSources may restrict it; an avatar needs nothing else.
    needed = {"roomJoin", "canPublish", "canSubscribe", "canPublishData"}
    assert needed <= allowed <= needed | {"canPublishSources"}
    for right in ("sip", "agent", "inference", "observability", "roomConfig", "metadata"):
        assert not claims.get(right), right
    # At least 12 random bytes, different in every room.
    assert len(participant.identity.removeprefix("avatar-")) >= 16
    other, _, _ = await product.enter()
    await until(lambda: other.avatar is not None, 60, "no second avatar")
    assert other.avatar.identity != participant.identity


async def test_logs_have_no_token_key_name_or_words(
    product: Product, recordings: dict[str, Path]
) -> None:
    client, response, _ = await product.enter(name="Zephyrine Quillfeather")
    opening = await wait_for_opening(client)
    assert "Zephyrine" in opening
    await client.silence()
    said_until = await client.say_until_recognised(recordings["beckett"], "fail")
    await client.hears(after=said_until)
    await client.type("Is the quokka allowed on a velocipede?")

    def spoken() -> list[str]:
        return [text for _, text in client.captions if len(text) > 12]

    # The opening, the recognised speech, and an answer.
    await until(lambda: len(spoken()) > 2, 60, "no answer")
    await client.press_continue()

    def ended() -> bool:
        return any(
            event.get("event") == "greeting_ended"
            and event.get("session_id") == response["session_id"]
            for event in product.events("worker")
        )

    await until(ended, 60, "no log line of the greeting's end")
    private = [
        product.stage.livekit.api_secret,
        product.stage.environment["PLATFORM_API_KEY"],
        product.stage.environment["PLATFORM_JWT_SECRET"],
        response["participant_token"],
        *("Zephyrine", "Quillfeather", "quokka", "velocipede", "fail better", "ever failed"),
        *spoken(),
    ]
    for name in ("worker.log", "endpoint.log"):
        text = (product.logs / name).read_text()
        assert not re.search(r"eyJ[\w-]{8,}\.[\w-]{8,}", text), f"a token in {name}"
        found = [word for word in private if word.lower() in text.lower()]
        assert not found, f"{found} in {name}"
