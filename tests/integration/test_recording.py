"""Recordings of real greetings: both sides in them, only with consent, and never at their cost."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from livekit import api

from agent.core.job_metadata import JobMetadata
from agent.demo.livekit_server import free_ports
from agent.demo.processes import child, wait_until_ready
from agent.demo.providers.speech import Recogniser
from agent.token_endpoint.tokens import generate_livekit_token
from tests.fakes.s3 import S3, s3_bucket
from tests.fakes.small_disk import small_disk
from tests.integration.test_conversation import attribute, calls, says
from tests.integration.test_greeting import the_opening
from tests.support.livekit_client import LiveKitClient
from tests.support.product import Product
from tests.support.waiting import until

DISCLOSED = "Our conversation is recorded"


async def heard_in(path: Path) -> tuple[list[np.ndarray], int]:
    """The channels of a recording, int16, and its rate."""
    with av.open(str(path)) as file:
        (stream,) = file.streams.audio
        assert stream.codec_context.name in ("opus", "libopus")
        resampler = av.AudioResampler("s16p", "stereo", 16_000)
        blocks = [
            piece.to_ndarray()
            for frame in file.decode(stream)
            for piece in resampler.resample(frame)
        ]
    return list(np.concatenate(blocks, axis=1)), 16_000


def cues(path: Path) -> list[tuple[float, float, str]]:
    """Begin, end and text of every cue, as FFmpeg's own parser of WebVTT reads them."""
    with av.open(str(path), format="webvtt") as file:
        (stream,) = file.streams.subtitles
        found = [
            (
                float(packet.pts * packet.time_base),
                float((packet.pts + packet.duration) * packet.time_base),
                bytes(packet).decode(),
            )
            for packet in file.demux(stream)
            if packet.size
        ]
    assert found
    return found


async def words_in(samples: np.ndarray, rate: int) -> str:
    """What is said there, by the demo's recogniser; ten seconds at a time, as it likes it."""
    recogniser = Recogniser()
    await recogniser.load()
    if recogniser.unavailable:
        pytest.skip(recogniser.unavailable)
    try:
        step = 10 * rate
        said = [
            await recogniser.recognise(samples[at : at + step], rate)
            for at in range(0, len(samples), step)
        ]
    finally:
        recogniser.close()
    return " ".join(said).lower()


def loud(samples: np.ndarray, rate: int, begins: float, ends: float) -> float:
    """The share of a stretch in which somebody speaks."""
    stretch = samples[int(begins * rate) : int(ends * rate)]
    frames = stretch[: len(stretch) // 320 * 320].reshape(-1, 320).astype(np.float64)
    return float(np.mean(np.sqrt(np.mean(frames**2, axis=1)) > 150)) if len(frames) else 0.0


async def voiced(product: Product, client: LiveKitClient) -> str:
    """All that a voice was given to say, once it is heard: sooner than the opening's caption."""
    await client.hears(after=0, timeout=30)
    calls = await product.here.stand_ins.calls("tts")
    return " ".join(piece for call in calls for piece in call["detail"].get("said", []))


def kept_of(product: Product, session_id: str) -> list[Path]:
    folder = Path(product.here.environment["RECORDINGS_DIR"]) / session_id
    return sorted(folder.glob("*")) if folder.is_dir() else []


def they_speak(text: str) -> bool:
    """What is heard of the recording; of a machine out of breath, not every word."""
    return any(word in text.lower() for word in ("america", "parallel"))


async def test_consented_greeting_is_recorded_with_both_sides_and_captions_and_forgotten(
    product: Product, recordings: dict[str, Path]
) -> None:
    client, ticket, _ = await product.enter(consent={"recording": True})
    opening = await the_opening(client)
    assert DISCLOSED in opening
    assert attribute(client, "greeting.recording") == "on"
    assert client.avatar is not None  # who speaks: what is recorded is what it was sent
    await client.silence()
    said_until = await client.say(recordings["clone-test"])
    await client.hears(after=said_until + 0.2)
    await client.silence()
    await client.press_continue()

    session_id = ticket["session_id"]
    outcome = await product.outcome(session_id, within_s=20)
    recorded = outcome["recording"]
    assert (recorded["by"], recorded["status"], recorded["error"]) == ("worker", "kept", None)
    sound, captions = kept_of(product, session_id)
    assert Path(recorded["file"]) == sound
    (trainee, guide), rate = await heard_in(sound)
    assert abs(len(guide) / rate - recorded["seconds"]) < 1.5
    assert "training" in await words_in(guide, rate)
    assert they_speak(await words_in(trainee, rate))

    found = cues(captions)
    texts = [text for _, _, text in found]
    assert texts[0].startswith("<v Guide>Hello Ada")
    assert any("<v Trainee>" in text and they_speak(text) for text in texts)
    for begins, ends, text in found:
        who = guide if "<v Guide>" in text else trainee
        # A transcript that comes late, as of a breath, has no time of its own.
        if "<v Guide>" in text or they_speak(text):
            assert loud(who, rate, begins, ends) > 0.35, (begins, ends, text)
    # What is between the two sides' words is not filled with either.
    first_trainee = next(begins for begins, _, text in found if "Trainee" in text)
    assert loud(trainee, rate, 0, first_trainee - 1) < 0.1

    done = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "agent", "forget", session_id),
        env={**product.here.environment, "PATH": "", "HOME": str(product.logs)},
        stdout=subprocess.PIPE,
    )
    out, _ = await asyncio.wait_for(done.communicate(), 30)
    assert "1 outcome deleted, 2 files of recordings deleted" in out.decode()
    assert not sound.parent.exists()


async def test_without_consent_nothing_is_written_or_said_of_it(product: Product) -> None:
    client, ticket, _ = await product.enter(consent={"transcript": True})
    said = await voiced(product, client)
    assert "welcome" in said
    assert "record" not in said
    assert attribute(client, "greeting.recording") == ""
    await client.press_continue()
    assert (await product.outcome(ticket["session_id"]))["recording"] is None
    assert kept_of(product, ticket["session_id"]) == []


async def test_who_would_rather_not_be_recorded_is_not_and_nothing_of_it_is_left(
    product: Product,
) -> None:
    await product.here.stand_ins.script(
        calls(("stop_recording", {})), says("It has stopped, and is deleted.")
    )
    client, ticket, _ = await product.enter(consent={"recording": True})
    assert DISCLOSED in await voiced(product, client)
    await until(lambda: kept_of(product, ticket["session_id"]) != [], 12, "nothing is recorded")
    await client.type("I would rather not be recorded")
    await until(lambda: "is deleted" in client.said(client.agent.identity), 20, "no answer")
    assert attribute(client, "greeting.recording") == ""
    assert kept_of(product, ticket["session_id"]) == []
    await client.press_continue()
    recorded = (await product.outcome(ticket["session_id"]))["recording"]
    assert (recorded["status"], recorded["file"], recorded["error"]) == ("withdrawn", None, None)
    assert kept_of(product, ticket["session_id"]) == []


@contextlib.asynccontextmanager
async def another_worker(product: Product, **env: str) -> AsyncIterator[str]:
    """A worker with settings of its own on the same stage; what it is dispatched by."""
    name, (port,) = f"recorder-{secrets.token_hex(3)}", free_ports(1)
    own = {"LIVEKIT_AGENT_NAME": name, "AGENT_HTTP_PORT": str(port), "MAX_JOBS": "2"}
    log = product.logs / f"{name}.log"
    environment = {**product.here.environment, **own, **env}
    async with child("worker", "agent", "start", env=environment, log=log) as process:
        await wait_until_ready("worker", f"http://127.0.0.1:{port}/", process, log, 60)
        yield name


async def greeted_by(product: Product, agent_name: str) -> tuple[LiveKitClient, str]:
    """A consenting trainee in a room of this worker's; the session's id."""
    session_id = secrets.token_hex(4)
    metadata = {
        "session_id": session_id,
        "trainee": {"name": "Ada"},
        "consent": {"recording": True},
    }
    dispatch = api.RoomAgentDispatch(
        agent_name=agent_name, metadata=JobMetadata.model_validate(metadata).to_json()
    )
    room = f"training-session-{session_id}"
    await product.livekit.room.create_room(api.CreateRoomRequest(name=room, agents=[dispatch]))
    livekit = product.here.livekit
    assert livekit is not None
    token = generate_livekit_token(
        room, "Ada", api_key=livekit.api_key, api_secret=livekit.api_secret
    )
    return await product.join(livekit.url, token), session_id


@pytest.fixture
async def bucket() -> AsyncIterator[S3]:
    async with s3_bucket() as s3:
        yield s3


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "small") as path:
        yield path


async def test_disk_that_fills_ends_the_recording_not_the_greeting(
    product: Product, disk: Path, bucket: S3
) -> None:
    await product.here.stand_ins.script(says("Yes, I am still here."))
    env = {"RECORDINGS_DIR": str(disk), **bucket.settings}
    async with another_worker(product, **env) as name:
        client, session_id = await greeted_by(product, name)
        assert DISCLOSED in await voiced(product, client)
        filler = disk / "of-others"
        filler.write_bytes(bytes(40 << 20))
        await until(lambda: attribute(client, "greeting.recording") == "", 10, "still recorded")
        await client.type("Are you there?")
        await until(lambda: "still here" in client.said(client.agent.identity), 20, "no answer")
        await client.press_continue()
        recorded = (await product.outcome(session_id, within_s=20))["recording"]
    assert recorded["status"] == "cut_short"
    assert "almost full" in recorded["error"]
    # What there is of it, is kept.
    assert set(bucket.objects) == {recorded["key"], recorded["key"].replace(".ogg", ".vtt")}
    assert os.listdir(disk) == [filler.name]
    part = disk / "part.ogg"
    part.write_bytes(bucket.objects[recorded["key"]])
    (_, guide), rate = await heard_in(part)
    # It broke off in the middle of a line, which is on it as far as it had been heard.
    assert loud(guide, rate, 0, len(guide) / rate) > 0.3
    log = (product.logs / f"{name}.log").read_text()
    assert '"event": "recording_cut_short"' in log
    assert bucket.settings["RECORDING_S3_SECRET"] not in log


async def test_bucket_that_refuses_and_a_folder_that_cannot_be(
    product: Product, tmp_path: Path, bucket: S3
) -> None:
    bucket.status = 403
    env = {"RECORDINGS_DIR": str(tmp_path / "here"), **bucket.settings}
    async with another_worker(product, **env) as name:
        client, session_id = await greeted_by(product, name)
        await client.hears(after=0)
        await asyncio.sleep(3)
        await client.press_continue()
        outcome = await product.outcome(session_id, within_s=30)
        recorded: dict[str, Any] = outcome["recording"]
        assert outcome["ended"]["reason"] == "continue"
        assert (recorded["status"], recorded["key"]) == ("kept", None)
        assert "RECORDING_S3_ACCESS_KEY" in recorded["error"]
        # It is still here, with the line in it that was cut off in the middle.
        (_, guide), rate = await heard_in(Path(recorded["file"]))
        assert "welcome" in await words_in(guide, rate)

        # From now on the folder's place is taken by a file: no recording can be begun.
        os.rename(tmp_path / "here", tmp_path / "elsewhere")
        (tmp_path / "here").write_text("")
        await product.here.stand_ins.reset()
        client, session_id = await greeted_by(product, name)
        assert DISCLOSED not in await voiced(product, client)
        await client.press_continue()
        recorded = (await product.outcome(session_id))["recording"]
    assert recorded["status"] == "failed"
    assert "RECORDINGS_DIR cannot be written to" in recorded["error"]


async def test_livekit_without_egress_is_said_and_the_greeting_goes_on(
    product: Product, bucket: S3, tmp_path: Path
) -> None:
    # An empty folder of its own: an earlier test's recording would be brought to this bucket.
    own = {"RECORDINGS_DIR": str(tmp_path), **bucket.settings}
    async with another_worker(product, RECORDING="egress", **own) as name:
        client, session_id = await greeted_by(product, name)
        assert DISCLOSED not in await voiced(product, client)
        assert attribute(client, "greeting.recording") == ""
        await client.press_continue()
        recorded = (await product.outcome(session_id))["recording"]
    assert (recorded["by"], recorded["status"]) == ("egress", "failed")
    # It does not say so: it goes on asking for one, for longer than anybody can wait.
    assert "no egress service answers" in recorded["error"]
    assert "RECORDING=worker" in recorded["error"]
    assert bucket.asked == []
    events = [
        json.loads(line)
        for line in (product.logs / f"{name}.log").read_text().splitlines()
        if line.startswith("{")
    ]
    assert any(event.get("event") == "recording_not_started" for event in events)
