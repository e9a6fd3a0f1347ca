"""An avatar is late, leaves, or plays nothing; tests/faults has more of its faults."""

from __future__ import annotations

import time

import numpy as np
import pytest

from agent.demo.providers.speech import Voice, VoiceChoice, espeak_name
from tests.support.conversation import wait_for_opening
from tests.support.livekit_client import LOUD
from tests.support.pace import WORDS_PER_MINUTE, shortest_s
from tests.support.product import Product
from tests.support.shipped_scripts import shipped_script
from tests.support.waiting import until

SLACK_S = 6.0
"""Tolerance for a busy machine, added to the promised timeout."""


async def spoken_s(sentences: list[str]) -> float:
    """The time from the first sound of a line of the stand-in for Deepgram to its last sound."""
    rate = 16_000
    voice = Voice()
    await voice.load()
    choice = VoiceChoice(espeak_name("en", male=False), WORDS_PER_MINUTE)
    sound = b"".join([await voice.say(each, choice, rate) for each in sentences])
    frames = np.frombuffer(sound, np.int16)[: len(sound) // 2 // 160 * 160].reshape(-1, 160)
    loud = np.flatnonzero(np.sqrt(np.mean(frames.astype(float) ** 2, axis=1)) > LOUD)
    return float(loud[-1] - loud[0]) / 100


async def test_opening_waits_for_the_audio_of_the_avatar(product: Product) -> None:
    await product.providers.faults("bey:late-audio=1")
    client, response, _ = await product.enter()
    opening = await wait_for_opening(client)
    assert opening == shipped_script().opening
    assert client.agent.attributes["greeting.mode"] == "avatar"
    await client.silence()
    _, speaker = client.first_sound()
    assert client.avatar is not None
    assert speaker == client.avatar.identity
    # The second in which there was no track has taken nothing away; decoding may lose a little.
    heard_at = client.audio[speaker].loud_at
    calls = [call["detail"]["said"] for call in await product.providers.calls("tts")]
    sentences = next(said for said in calls if " ".join(said) == opening)
    assert heard_at[-1] - heard_at[0] > await spoken_s(sentences) - 0.5
    assert await product.calls_for_avatars(response["room_name"]) == 1


@pytest.mark.variant
async def test_voice_begins_if_the_page_receives_only_its_sound(product: Product) -> None:
    client, _, asked_at = await product.enter(client="avatar-greeting")
    await until(
        lambda: client.agent is not None and client.avatar is not None, 60, "no agent joined"
    )
    agent, avatar = client.agent.identity, client.avatar.identity
    await client.rpc("can_hear", {"sound_unlocked": True, "audio_from": [agent]})
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
    await wait_for_opening(client)
    assert client.video_frames[speaker] > 5


async def test_opening_is_repeated_if_the_avatar_leaves_during_it(
    product: Product,
) -> None:
    await product.providers.faults("bey:leaves-speaking=2")
    client, _, _ = await product.enter()
    await until(lambda: client.avatar is not None, 60, "no avatar")
    await until(lambda: client.avatar is None, 60, "the avatar stayed")
    lost_at = time.monotonic()
    heard_at, speaker = await client.hears(after=lost_at + 0.3)
    assert speaker == client.agent.identity
    assert heard_at - lost_at < 2 + SLACK_S
    assert await wait_for_opening(client) == shipped_script().opening


async def test_late_avatar_takes_over_at_the_next_line(product: Product) -> None:
    await product.providers.faults("bey:late=9")
    client, response, _ = await product.enter()
    _, speaker = await client.hears(after=0)
    assert speaker == client.agent.identity
    await wait_for_opening(client)
    await until(
        lambda: client.agent.attributes["greeting.mode"] == "avatar", 60, "it did not take over"
    )
    assert client.agent.attributes.get("greeting.mode_reason", "") == ""
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
    assert client.agent.attributes["greeting.mode_reason"] == "avatar_stalled"
    await product.paid_avatars_left(response["room_name"])
    heard = client.audio[speaker]
    await client.silence()
    # All of it, not its end alone.
    assert heard.loud_at[-1] - heard.loud_at[0] > shortest_s(shipped_script().opening)


async def test_avatar_that_left_is_requested_once_more_and_takes_over(
    product: Product,
) -> None:
    await product.providers.faults("bey:leaves=4x1")
    client, response, _ = await product.enter()
    await until(lambda: bool(client.left), 60, "it did not leave")
    await until(
        lambda: client.agent.attributes.get("greeting.mode") == "voice", 60, "no voice went on"
    )
    await until(
        lambda: client.agent.attributes["greeting.mode"] == "avatar", 40, "it did not come again"
    )
    assert await product.calls_for_avatars(response["room_name"]) == 2
