"""A trainee of the soak: joins, waits for the first word, types, waits for the answer.

As a program (`python -m tests.soak.trainee URL TOKEN`) it prints what came of that and stays until
it is killed: a connection lost without a word.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass

from livekit import rtc

from tests.faults.row import ANSWER_S, HANGS_S, SLACK_S
from tests.faults.witness import QUESTION, Witness, came
from tests.support.livekit_client import LiveKitClient

CROWD_SLACK_S = 2 * SLACK_S
"""Of promises to several at once, on a machine of two cores."""
_TYPES_AFTER_S = 0.5


@dataclass
class Met:
    """Seconds; None where it never came."""

    first_word_s: float | None = None
    answer_s: float | None = None
    """Or an apology's: one of many may well meet a mind that fails."""
    mode: str = ""


async def meet(client: LiveKitClient) -> Met:
    """Be greeted and answered; the client has just joined."""
    joined_at = time.monotonic()
    witness, met = Witness(client), Met()
    await came(lambda: witness.first_word() is not None, HANGS_S + CROWD_SLACK_S)
    if (at := witness.first_word()) is None:
        return met
    met.first_word_s = round(max(at - joined_at, 0.0), 1)
    await asyncio.sleep(_TYPES_AFTER_S)
    asked_at = time.monotonic()
    try:
        await client.type(QUESTION)
    except rtc.StreamError:
        return met  # the room was closed on it
    await came(lambda: witness.answer(asked_at) is not None, ANSWER_S + CROWD_SLACK_S)
    if answer := witness.answer(asked_at):
        met.answer_s = round(answer[0] - asked_at, 1)
    met.mode = witness.mode
    return met


async def _be_there(url: str, token: str) -> None:
    client = LiveKitClient(receives_video=False)
    await client.join(url, token)
    print(json.dumps(asdict(await meet(client))), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_be_there(*sys.argv[1:]))
