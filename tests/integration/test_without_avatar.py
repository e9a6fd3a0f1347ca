"""An avatar is late, leaves, or plays nothing; tests/faults has more of its faults."""

from __future__ import annotations

import time

import numpy as np
import pytest
from livekit import rtc

from agent.demo.providers.speech import Voice, VoiceChoice, espeak_name
from tests.support.conversation import (
    attribute,
    events_of,
    wait_for_end_of_opening,
    wait_for_opening,
)
from tests.support.livekit_client import FRAME_S, LOUD
from tests.support.pace import WORDS_PER_MINUTE, shortest_s
from tests.support.product import Product
from tests.support.shipped_scripts import shipped_script
from tests.support.waiting import until, until_answer

SLACK_S = 8.0
"""Tolerance for a busy machine, added to the promised timeout."""


async def loud_s(sentences: list[str]) -> float:
    """The seconds of loud sound in a line of the stand-in for Deepgram."""
    rate = 24_000
    voice = Voice()
    await voice.load()
    choice = VoiceChoice(espeak_name("en", male=False), WORDS_PER_MINUTE)
    sound = b"".join([await voice.say(each, choice, rate) for each in sentences])
    size = round(rate * FRAME_S)
    frames = np.frombuffer(sound, np.int16)[: len(sound) // 2 // size * size].reshape(-1, size)
    return FRAME_S * int(np.sum(np.sqrt(np.mean(frames.astype(float) ** 2, axis=1)) > LOUD))


async def test_opening_waits_for_the_audio_of_the_avatar(product: Product) -> None:
    await product.providers.faults("bey:late-audio=2")
    client, response, _ = await product.enter()
    opening = await wait_for_opening(client)
    assert opening == shipped_script().opening
    assert client.agent.attributes["greeting.mode"] == "avatar"
    await client.silence()
    _, speaker = client.first_sound()
    assert client.avatar is not None
    assert speaker == client.avatar.identity
    # The two seconds in which there was no track have taken nothing away.
    calls = [call["detail"]["said"] for call in await product.providers.calls("tts")]
    sentences = next(said for said in calls if " ".join(said) == opening)
    least_s = await loud_s(sentences) - 1
    heard = client.audio[speaker].loud_at
    await until(lambda: FRAME_S * len(heard) > least_s, failure="part of the opening was lost")
    assert await product.calls_for_avatars(response["room_name"]) == 1


@pytest.mark.variant
async def test_voice_begins_if_the_page_receives_only_its_sound(product: Product) -> None:
    client, _, asked_at = await product.enter(client="avatar-greeting")
    await until(
        lambda: client.agent is not None and client.avatar is not None, 60, "no agent joined"
    )
    agent, avatar = client.agent.identity, client.avatar.identity

    async def told() -> bool:
        try:
            await client.rpc("can_hear", {"sound_unlocked": True, "audio_from": [agent]})
        except rtc.RpcError:
            return False  # an agent that has just joined takes no calls yet
        return True

    await until_answer(told)
    heard_at, speaker = await client.hears(after=0)
    assert speaker == agent
    assert heard_at - asked_at < 6 + SLACK_S
    await client.rpc("can_hear", {"sound_unlocked": True, "audio_from": [agent, avatar]})
    await wait_for_opening(client)
    await until(
        lambda: client.agent.attributes["greeting.mode"] == "avatar", 60, "it did not take over"
    )
    await client.silence()
    typed_at = time.monotonic()
    await client.type("How long does the video take?")
    _, speaker = await client.hears(after=typed_at)
    assert speaker == avatar


@pytest.mark.variant
async def test_avatar_speaks_if_its_tracks_have_no_source(product: Product) -> None:
    await product.providers.faults("bey:no-source")
    client, _, asked_at = await product.enter(receives_video=True)
    heard_at, speaker = await client.hears(after=0)
    assert client.avatar is not None
    assert speaker == client.avatar.identity
    assert heard_at - asked_at < 8 + SLACK_S
    assert client.agent.attributes["greeting.mode"] == "avatar"
    await until(lambda: client.video_frames.get(speaker, 0) > 5, failure="no picture")


async def test_opening_is_repeated_if_the_avatar_leaves_during_it(
    product: Product,
) -> None:
    await product.providers.faults("bey:leaves-speaking=2")
    client, _, _ = await product.enter()
    await until(lambda: client.avatar is not None, 60, "no avatar")
    await until(lambda: client.avatar is None, 60, "the avatar stayed")
    voice = client.agent.identity
    # Not just any sound: some of the avatar's may still be on its way.
    await until(
        lambda: voice in client.audio and bool(client.audio[voice].loud_at),
        2 + SLACK_S,
        "the voice did not go on",
    )
    first = client.first_sound()
    assert first is not None
    assert first[1] != voice
    assert await wait_for_opening(client) == shipped_script().opening


async def test_late_avatar_takes_over_at_the_next_line(product: Product) -> None:
    await product.providers.faults("bey:late=12")
    client, response, _ = await product.enter()
    _, speaker = await client.hears(after=0)
    assert speaker == client.agent.identity
    await wait_for_opening(client)
    await until(lambda: attribute(client, "greeting.mode") == "avatar", 60, "it did not take over")
    await until(lambda: attribute(client, "greeting.mode_reason") == "", 60, "an old reason")
    await until(lambda: not client.agent.track_publications, 60, "its own track is published")
    await client.silence()
    typed_at = time.monotonic()
    await client.type("How long does the video take?")
    _, speaker = await client.hears(after=typed_at)
    assert client.avatar is not None
    assert speaker == client.avatar.identity
    assert await product.calls_for_avatars(response["room_name"]) == 1


async def test_voice_repeats_what_a_silent_avatar_did_not_play(
    product: Product,
) -> None:
    await product.providers.faults("bey:stalls")
    client, response, asked_at = await product.enter()
    heard_at, speaker = await client.hears(after=0)
    assert speaker == client.agent.identity
    assert heard_at - asked_at < 8 + SLACK_S
    await until(
        lambda: attribute(client, "greeting.mode_reason") == "avatar_stalled", 60, "no reason"
    )
    await product.paid_avatars_left(response["room_name"])
    heard = client.audio[speaker]
    await wait_for_end_of_opening(client)
    await client.silence()
    # All of it, not its end alone.
    assert heard.loud_at[-1] - heard.loud_at[0] > shortest_s(shipped_script().opening)


async def test_avatar_that_left_is_requested_once_more_and_takes_over(
    product: Product,
) -> None:
    await product.providers.faults("bey:leaves=4x1")
    client, response, _ = await product.enter()
    await until(lambda: bool(client.left), 60, "it did not leave")
    session_id = response["session_id"]
    await until(lambda: "avatar_lost" in events_of(product, session_id), 60, "no voice went on")
    await until(
        lambda: "avatar_took_over" in events_of(product, session_id), 60, "it did not come again"
    )
    await until(lambda: attribute(client, "greeting.mode") == "avatar", 60, "no new mode")
    assert await product.calls_for_avatars(response["room_name"]) == 2
