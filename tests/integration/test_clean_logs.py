"""A healthy greeting, and the start and the stop of a worker, log no warning and no traceback."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from agent.core.job_metadata import JobMetadata, TraineeDetails
from tests.support.livekit_client import LiveKitClient
from tests.support.product import Product
from tests.support.sounds import spoken, wav
from tests.support.waiting import until, until_answer
from tests.support.workers import extra_worker, join_room_of

_SLOW = (
    "no warmed process available for job",
    "timed out waiting for idle processes",
    "process is unresponsive",
)
"""Parts of messages about a process that gets no CPU time."""
_COMPUTES_S = 1.0
"""A slow machine needs up to this for a step that takes 0.2 s on others."""
_GREETINGS = 4
"""How many greetings may be needed for one in which no provider was late."""
SPEAKS_S = 1.0
"""Into the opening, before the greeting is ended."""


def problems(log: Path, since_line: int = 0, session_id: str = "") -> list[str]:
    """Return the lines of all processes in a log that look like a fault to an operator.

    Args:
        session_id: lines that name another session belong to another test.
    """
    return [line for line in _lines(log)[since_line:] if _is_problem(line, session_id)]


def _is_problem(line: str, session_id: str) -> bool:
    try:
        record = json.loads(line)
        if session_id and record.get("session_id", session_id) != session_id:
            return False
        if record["level"] in ("DEBUG", "INFO"):
            return "Traceback" in line
        # The machine of the tests is busy: a time limit may pass while a process is stopped.
        if "limit_s" in record or any(text in record["message"] for text in _SLOW):
            return False
        # If the loop was blocked without computing for that long, another process had the CPU.
        return not record["cpu_time"] < max(record["threshold"], _COMPUTES_S)
    except (ValueError, KeyError, TypeError):
        return True


def _session(line: str) -> str:
    """The session that a line names; empty if none."""
    try:
        return str(json.loads(line).get("session_id", ""))
    except (ValueError, AttributeError):
        return ""


def _lines(log: Path) -> list[str]:
    return log.read_text(errors="replace").splitlines()


async def press_continue(product: Product, client: LiveKitClient, session_id: str) -> None:
    await client.press_continue()


async def end_by_request(product: Product, client: LiveKitClient, session_id: str) -> None:
    assert (await product.end(session_id)).status_code == 200


async def end_as_the_page_does(product: Product, client: LiveKitClient, session_id: str) -> None:
    await asyncio.gather(client.press_continue(), product.end(session_id))


async def _greeting_ended_by(
    end: Callable[[Product, LiveKitClient, str], Awaitable[None]], product: Product
) -> dict[str, Any]:
    """End a greeting while the agent speaks; return its outcome when its job has ended."""
    client, response, _ = await product.enter(after_avatar=True)
    await client.hears(after=0)
    await asyncio.sleep(SPEAKS_S)
    await end(product, client, response["session_id"])
    await until(lambda: client.disconnected_at is not None, 60, "the room was not deleted")
    outcome = await product.outcome(response["session_id"])
    assert outcome["ended"]["reason"] == "continue"
    await product.wait_for_jobs()
    return outcome


@pytest.mark.parametrize("end", [press_continue, end_by_request, end_as_the_page_does])
async def test_greeting_that_ends_while_the_agent_speaks_logs_no_warning(
    product: Product, end: Callable[[Product, LiveKitClient, str], Awaitable[None]]
) -> None:
    logs = [product.logs / "worker.log", product.logs / "endpoint.log"]
    for _ in range(_GREETINGS):
        before = [len(_lines(log)) for log in logs]
        outcome = await _greeting_ended_by(end, product)
        if not outcome["faults"]:
            break
    assert outcome["faults"] == []
    for log, since_line in zip(logs, before, strict=True):
        assert problems(log, since_line, outcome["session_id"]) == []


async def test_words_in_the_opening_before_continue_are_kept_without_a_warning(
    product: Product, tmp_path: Path
) -> None:
    async def recognised() -> bool:
        return any("final_at" in call["detail"] for call in await product.providers.calls("stt"))

    log = product.logs / "worker.log"
    await product.providers.recognise_as("How long is the video?")
    (question,) = await spoken("How long is the video?")
    client, response, _ = await product.enter(after_avatar=True, consent={"transcript": True})
    await client.hears(after=0)
    before = len(_lines(log))
    await client.say(wav(tmp_path, "question", question))
    await until_answer(recognised)
    await asyncio.sleep(SPEAKS_S)
    await client.press_continue()
    outcome = await product.outcome(response["session_id"])
    await product.wait_for_jobs()
    said = [line["text"] for line in outcome["transcript"] if line["who"] == "trainee"]
    assert said == ["How long is the video?"]
    assert problems(log, before, response["session_id"]) == []


async def test_worker_that_starts_greets_drains_and_stops_logs_no_warning(
    product: Product, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    agent_name = "test-" + os.urandom(3).hex()
    sessions: list[str] = []
    settings = {"LIVEKIT_AGENT_NAME": agent_name, "RETURN_GRACE_S": "1"}
    async with extra_worker(product.stage.environment, log, **settings) as worker:

        async def enters(name: str) -> LiveKitClient:
            metadata = JobMetadata(
                session_id=f"{agent_name}-{name}", trainee=TraineeDetails(name=name)
            )
            sessions.append(metadata.session_id)
            client = await join_room_of(product, agent_name, metadata)
            await client.hears(after=0)
            return client

        await (await enters("Ada")).leave()
        await until(lambda: '"trainee_left"' in log.read_text(), 60, "the greeting did not end")
        last = await enters("Lin")
        worker.process.send_signal(signal.SIGTERM)
        await until(lambda: '"draining worker"' in log.read_text(), 60, "the worker does not drain")
        await last.press_continue()
        assert await asyncio.wait_for(worker.process.wait(), 120) == 0
    # In a greeting with faults, a provider was late: its process was stopped.
    healthy = [each for each in sessions if not (await product.outcome(each))["faults"]]
    assert [line for line in problems(log) if _session(line) in ("", *healthy)] == []
