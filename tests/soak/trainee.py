"""A trainee of the soak test: joins, waits for the first word, types, waits for the answer.

As a program, it says when it is ready, and reads a URL and a token. It prints its result, and stays
in the room until it is killed, so that its connection is lost.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass

from livekit import rtc

from tests.faults.observer import QUESTION, Observer
from tests.faults.row import ANSWER_S, HANGS_S, SLACK_S
from tests.support.livekit_client import LiveKitClient
from tests.support.waiting import holds_within

CROWD_SLACK_S = 2 * SLACK_S
"""Tolerance for several greetings at once on two cores."""
_TYPES_AFTER_S = 0.5


@dataclass
class TraineeResult:
    """Seconds; None if it did not happen."""

    first_word_s: float | None = None
    answer_s: float | None = None
    """The delay of an answer or apology; the LLM may fail for any of several trainees."""
    mode: str = ""


async def take_part(client: LiveKitClient) -> TraineeResult:
    """Wait for the opening, ask, and wait for an answer; the client has just joined."""
    joined_at = time.monotonic()
    observer, result = Observer(client), TraineeResult()
    await holds_within(lambda: observer.first_word() is not None, HANGS_S + CROWD_SLACK_S)
    if (at := observer.first_word()) is None:
        return result
    result.first_word_s = round(max(at - joined_at, 0.0), 1)
    await asyncio.sleep(_TYPES_AFTER_S)
    asked_at = time.monotonic()
    try:
        await client.type(QUESTION)
    except rtc.StreamError:
        return result  # the room was deleted
    await holds_within(lambda: observer.answer(asked_at) is not None, ANSWER_S + CROWD_SLACK_S)
    if answer := observer.answer(asked_at):
        result.answer_s = round(answer[0] - asked_at, 1)
    result.mode = observer.mode
    return result


async def _run() -> None:
    client = LiveKitClient()
    print("ready", flush=True)
    await client.join(*(await asyncio.to_thread(sys.stdin.readline)).split())
    print(json.dumps(asdict(await take_part(client))), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_run())
