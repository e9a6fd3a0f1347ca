"""Recordings of greetings: with consent only, complete, and without harm to the greeting."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from agent.core.job_metadata import JobMetadata
from agent.demo.providers.speech import Recogniser
from tests.fakes.s3 import S3, s3_bucket
from tests.fakes.small_disk import small_disk
from tests.support.conversation import attribute, calls, says, wait_for_opening
from tests.support.livekit_client import LiveKitClient
from tests.support.product import Product
from tests.support.shipped_scripts import first_sentence, last_sentence, shipped_script
from tests.support.waiting import until, until_answer
from tests.support.workers import extra_worker, join_room_of

SCRIPT = shipped_script()
TRAINEES_WORDS = ("america", "parallel")
"""Words of the recording; speech recognition misses some."""


async def decode(path: Path) -> tuple[list[np.ndarray], int]:
    """Return the channels of a recording (int16) and its sample rate."""
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
    """Return start, end and text of all cues, parsed by FFmpeg."""
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
    """Transcribe audio with the demo's speech recognition, ten seconds at a time."""
    recogniser = Recogniser()
    await recogniser.load()
    if recogniser.unavailable:
        pytest.skip(recogniser.unavailable)
    step = 10 * rate
    said = [
        await recogniser.recognise(samples[at : at + step], rate)
        for at in range(0, len(samples), step)
    ]
    return " ".join(said).lower()


def loud(samples: np.ndarray, rate: int, starts: float, ends: float) -> float:
    """Return the share of a time range that contains speech."""
    part = samples[int(starts * rate) : int(ends * rate)]
    frames = part[: len(part) // 320 * 320].reshape(-1, 320).astype(np.float64)
    return float(np.mean(_is_loud(frames))) if len(frames) else 0.0


def loud_since_first_word(samples: np.ndarray, rate: int) -> float:
    """Return the share of speech from the first word on; how soon it comes is not tested here."""
    frames = samples[: len(samples) // 320 * 320].reshape(-1, 320).astype(np.float64)
    first = int(np.argmax(_is_loud(frames)))
    return loud(samples, rate, first * 320 / rate, len(samples) / rate)


def _is_loud(frames: np.ndarray) -> np.ndarray:
    return np.sqrt(np.mean(frames**2, axis=1)) > 150


async def spoken_text(product: Product, client: LiveKitClient, sentence: str) -> str:
    """Wait for sound and until TTS has got this sentence; return all that it has got."""
    await client.hears(after=0)

    async def said() -> str:
        calls = await product.providers.calls("tts")
        return " ".join(piece for call in calls for piece in call["detail"].get("said", []))

    return await until_answer(said, lambda text: sentence in text)


def files_of(product: Product, session_id: str) -> list[Path]:
    folder = Path(product.stage.environment["RECORDINGS_DIR"]) / session_id
    return sorted(folder.glob("*")) if folder.is_dir() else []


def has_trainees_words(text: str) -> bool:
    """Return whether the text has one of the trainee's words."""
    return any(word in text.lower() for word in TRAINEES_WORDS)


async def test_greeting_with_consent_is_recorded_with_captions_and_can_be_forgotten(
    product: Product, recordings: dict[str, Path]
) -> None:
    client, response, _ = await product.enter(consent={"recording": True})
    opening = await wait_for_opening(client)
    assert opening == SCRIPT.opening_recorded
    assert attribute(client, "greeting.recording") == "on"
    await until(lambda: client.avatar is not None, 60, "no avatar")
    await client.silence()
    said_until = await client.say_until_recognised(recordings["clone-test"], *TRAINEES_WORDS)
    await client.hears(after=said_until + 0.2)
    await client.silence()
    await client.press_continue()

    session_id = response["session_id"]
    outcome = await product.outcome(session_id)
    recorded = outcome["recording"]
    assert (recorded["by"], recorded["status"], recorded["error"]) == ("worker", "kept", None)
    sound, captions = files_of(product, session_id)
    assert Path(recorded["file"]) == sound
    (trainee, guide), rate = await decode(sound)
    assert abs(len(guide) / rate - recorded["seconds"]) < 4
    heard = await words_in(guide, rate)
    assert any(word in heard for word in re.findall(r"[a-z]{7,}", opening.lower()))
    # Of what a busy machine sent late, not every word can be understood.
    trainee_s = len(trainee) / rate
    assert loud(trainee, rate, 0, trainee_s) * trainee_s > 1

    found = cues(captions)
    texts = [text for _, _, text in found]
    assert texts[0].startswith(f"<v Guide>{first_sentence(SCRIPT.opening)}")
    assert any("<v Trainee>" in text and has_trainees_words(text) for text in texts)
    # The transcript of the trainee may arrive late, and has no time of its own then.
    lines = [(starts, ends) for starts, ends, text in found if "<v Guide>" in text]
    spoken = sum(loud(guide, rate, starts, ends) * (ends - starts) for starts, ends in lines)
    assert spoken > 0.35 * sum(ends - starts for starts, ends in lines), found
    # During the opening, the trainee's channel is silent.
    opening_ends = max(ends for _, ends, text in found if last_sentence(opening) in text)
    assert loud(trainee, rate, 0, opening_ends) < 0.1

    done = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "agent", "forget", session_id),
        env={**product.stage.environment, "PATH": "", "HOME": str(product.logs)},
        stdout=subprocess.PIPE,
    )
    out, _ = await asyncio.wait_for(done.communicate(), 120)
    assert "1 outcome deleted, 2 files of recordings deleted" in out.decode()
    assert not sound.parent.exists()


async def test_greeting_without_consent_is_not_recorded_or_disclosed(product: Product) -> None:
    client, response, _ = await product.enter(consent={"transcript": True})
    said = await spoken_text(product, client, last_sentence(SCRIPT.opening))
    assert first_sentence(SCRIPT.opening) in said
    assert SCRIPT.recording_disclosure not in said
    assert attribute(client, "greeting.recording") == ""
    await client.press_continue()
    assert (await product.outcome(response["session_id"]))["recording"] is None
    assert files_of(product, response["session_id"]) == []


async def test_recording_is_deleted_if_the_trainee_declines(
    product: Product,
) -> None:
    await product.providers.script(
        calls(("stop_recording", {})), says("It has stopped, and is deleted.")
    )
    client, response, _ = await product.enter(consent={"recording": True})
    await spoken_text(product, client, SCRIPT.recording_disclosure)
    await until(lambda: files_of(product, response["session_id"]) != [], 60, "nothing is recorded")
    await client.type("I would rather not be recorded")
    await until(lambda: "is deleted" in client.agent_said, 60, "no answer")
    await until(lambda: attribute(client, "greeting.recording") == "", 60, "the page was not told")
    await until(lambda: files_of(product, response["session_id"]) == [], 60, "it was not deleted")
    await client.press_continue()
    recorded = (await product.outcome(response["session_id"]))["recording"]
    assert (recorded["status"], recorded["file"], recorded["error"]) == ("withdrawn", None, None)
    assert files_of(product, response["session_id"]) == []


@contextlib.asynccontextmanager
async def worker_with(product: Product, **settings: str) -> AsyncIterator[str]:
    """Run a worker with these settings beside the product's; the value is its agent name."""
    name = f"recorder-{secrets.token_hex(3)}"
    log = product.logs / f"{name}.log"
    environment = product.stage.environment
    async with extra_worker(environment, log, LIVEKIT_AGENT_NAME=name, **settings):
        yield name


async def join_with_consent(product: Product, agent_name: str) -> tuple[LiveKitClient, str]:
    """Join a room of this worker as a trainee who consents; also return the session id."""
    metadata = JobMetadata.model_validate(
        {
            "session_id": secrets.token_hex(4),
            "trainee": {"name": "Ada"},
            "consent": {"recording": True},
        }
    )
    return await join_room_of(product, agent_name, metadata), metadata.session_id


@pytest.fixture
async def bucket() -> AsyncIterator[S3]:
    async with s3_bucket() as s3:
        yield s3


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "small") as path:
        yield path


@pytest.mark.variant
async def test_full_disk_ends_the_recording_and_not_the_greeting(
    product: Product, disk: Path, bucket: S3
) -> None:
    await product.providers.script(says("Yes, I am still here."))
    env = {"RECORDINGS_DIR": str(disk), **bucket.settings}
    async with worker_with(product, **env) as name:
        client, session_id = await join_with_consent(product, name)
        await spoken_text(product, client, SCRIPT.recording_disclosure)
        await asyncio.sleep(3)  # record the first words
        filler = disk / "other-file"
        filler.write_bytes(bytes(40 << 20))
        await until(lambda: attribute(client, "greeting.recording") == "", 60, "still recorded")
        await client.type("Are you there?")
        await until(lambda: "still here" in client.agent_said, 60, "no answer")
        await client.press_continue()
        recorded = (await product.outcome(session_id))["recording"]
    assert recorded["status"] == "cut_short"
    assert "almost full" in recorded["error"]
    # The part until then is kept.
    assert set(bucket.objects) == {recorded["key"], recorded["key"].replace(".ogg", ".vtt")}
    assert os.listdir(disk) == [filler.name]
    part = disk / "part.ogg"
    part.write_bytes(bucket.objects[recorded["key"]])
    (_, guide), rate = await decode(part)
    # The line that was being spoken is recorded as far as it was played.
    assert loud_since_first_word(guide, rate) > 0.3
    log = (product.logs / f"{name}.log").read_text()
    assert '"event": "recording_cut_short"' in log
    assert bucket.settings["RECORDING_S3_SECRET"] not in log


async def test_recording_stays_on_disk_if_the_bucket_refuses_and_fails_without_a_folder(
    product: Product, tmp_path: Path, bucket: S3
) -> None:
    bucket.status = 403
    env = {"RECORDINGS_DIR": str(tmp_path / "here"), **bucket.settings}
    async with worker_with(product, **env) as name:
        client, session_id = await join_with_consent(product, name)
        await client.hears(after=0)
        await asyncio.sleep(3)  # record the first words
        await client.press_continue()
        outcome = await product.outcome(session_id)
        recorded: dict[str, Any] = outcome["recording"]
        assert outcome["ended"]["reason"] == "continue"
        assert (recorded["status"], recorded["key"]) == ("kept", None)
        assert "RECORDING_S3_ACCESS_KEY" in recorded["error"]
        # The file is still on the disk, with the line that was cut off.
        (_, guide), rate = await decode(Path(recorded["file"]))
        assert loud_since_first_word(guide, rate) > 0.3

        # A file in place of the folder: no recording can start.
        os.rename(tmp_path / "here", tmp_path / "elsewhere")
        (tmp_path / "here").write_text("")
        await product.providers.reset()
        client, session_id = await join_with_consent(product, name)
        said = await spoken_text(product, client, last_sentence(SCRIPT.opening))
        assert SCRIPT.recording_disclosure not in said
        await client.press_continue()
        recorded = (await product.outcome(session_id))["recording"]
    assert recorded["status"] == "failed"
    assert "RECORDINGS_DIR cannot be written to" in recorded["error"]


@pytest.mark.variant
async def test_missing_egress_is_logged_and_the_greeting_continues(
    product: Product, bucket: S3, tmp_path: Path
) -> None:
    # A folder of its own, or retention would move an earlier test's recording to this bucket.
    own = {"RECORDINGS_DIR": str(tmp_path), **bucket.settings}
    async with worker_with(product, RECORDING="egress", **own) as name:
        client, session_id = await join_with_consent(product, name)
        said = await spoken_text(product, client, last_sentence(SCRIPT.opening))
        assert SCRIPT.recording_disclosure not in said
        assert attribute(client, "greeting.recording") == ""
        await client.press_continue()
        recorded = (await product.outcome(session_id))["recording"]
    assert (recorded["by"], recorded["status"]) == ("egress", "failed")
    assert "no egress service answers" in recorded["error"]
    assert "RECORDING=worker" in recorded["error"]
    # Retention lists the bucket when a worker starts; nothing is stored in it.
    assert [request for request in bucket.asked if not request.startswith("GET")] == []
    events = [
        json.loads(line)
        for line in (product.logs / f"{name}.log").read_text().splitlines()
        if line.startswith("{")
    ]
    assert any(event.get("event") == "recording_not_started" for event in events)
