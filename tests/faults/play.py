"""One row of the matrix, played on the running product: what the trainee saw, heard, and cost."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from dataclasses import dataclass
from pathlib import Path

import moonshine_voice
from livekit import rtc
from livekit.rtc.participant import PublishTrackError

from tests.faults.row import ANSWER_S, AVATAR_LEFT_S, SLACK_S, Row
from tests.faults.witness import OPENING_ENDS, QUESTION, Witness, came, is_whole
from tests.support.product import Product

RECORDING = Path(moonshine_voice.__file__).parent / "assets" / "clone-test.wav"
_TOO_LATE_S = 6.0
"""A broken promise is watched for so much longer, so that the table can say how late it was."""
_OPENING_TAKES_S = 30.0
_LOG_S = 6.0
"""What only hangs is told of when its time is over."""
_SPEAKS_S = 15.0
"""An avatar that is in the room speaks by then, or is out."""
_TYPES_AFTER_S = 0.5
"""Nobody types into the very first syllable."""


@dataclass
class Played:
    """What came of one row; None where it never came to that."""

    first_word_s: float | None = None
    """From joining to the first sound, or to the first caption where the mode is `text`."""
    mode: str = ""
    """`greeting.mode` at the first word."""
    why: str = ""
    """`greeting.mode_reason` at the end."""
    modes: tuple[str, ...] = ()
    """All modes in order."""
    opening: str = ""
    """The opening as its last caption has it."""
    heard_s: float = 0.0
    """Loud sound before the question."""
    answer_s: float | None = None
    """From the question to the first word of an answer, sound included."""
    answer: str = ""
    """What was said last, as far as it had come."""
    apology_s: float | None = None
    """The same of an apology."""
    avatars: int = 0
    """Asked for and come, by the provider's record."""
    useless_avatar: bool = False
    """One was in the room, paid for, although another speaks."""
    avatar_left_s: float = 0.0
    """How long one was still paid for after the end call."""
    room_gone: bool = False
    log: str = ""
    """The line promised to the operator."""

    def broken(self, row: Row) -> list[str]:
        """The promises of a row that were not kept."""
        late = [
            ("the first word", self.first_word_s, row.first_word_s),
            ("the answer", self.answer_s, ANSWER_S),
            ("the avatar's end", self.avatar_left_s, AVATAR_LEFT_S),
        ]
        found = [
            f"{what} did not come" if took is None else f"{what} took {took:.1f} s, not {limit:g} s"
            for what, took, limit in late
            if took is None or took > limit + SLACK_S
        ]
        if self.mode != row.mode:
            found.append(f"the mode was {self.mode!r}, not {row.mode!r}")
        if row.then and row.then not in self.modes[1:]:
            found.append(f"the mode never became {row.then!r}: {self.modes}")
        if row.whole and not is_whole(self.opening, self.heard_s, self.mode):
            found.append(f"of the opening, {self.heard_s:.1f} s were heard: {self.opening!r}")
        if self.apology_s is not None and not row.apology:
            found.append("an apology in place of an answer")
        if row.apology and (self.apology_s is None or self.apology_s > ANSWER_S + SLACK_S):
            found.append("no apology while the mind was gone")
        if row.whole_answer and not self.answer.endswith((".", "?", "!")):
            found.append(f"the answer breaks off: {self.answer!r}")
        if self.useless_avatar:
            found.append("an avatar that does not speak was kept")
        if not self.room_gone:
            found.append("the room was left behind")
        if row.log and not self.log:
            found.append("nothing in the log tells the operator")
        return found


async def play(product: Product, row: Row) -> Played:
    """Play one row from the dispatch to the end call; raises nothing where a promise is broken."""
    assert product.here.stand_ins is not None
    await product.here.stand_ins.faults(*row.faults)
    client, ticket, _ = await product.enter()
    joined_at = time.monotonic()
    witness = Witness(client)
    played = Played()

    within_s = row.first_word_s + SLACK_S + _TOO_LATE_S
    await came(lambda: witness.first_word() is not None, within_s)
    if (at := witness.first_word()) is not None:
        played.first_word_s = max(at - joined_at, 0.0)
    played.mode = witness.mode
    if row.then:
        await came(lambda: row.then in witness.modes[1:], row.then_s)
    if row.whole:
        await came(lambda: witness.opening().endswith(OPENING_ENDS), _OPENING_TAKES_S)
        with contextlib.suppress(AssertionError):
            await client.silence(1.0, timeout=_OPENING_TAKES_S)
    played.opening, played.heard_s = witness.opening(), witness.heard_s()
    await asyncio.sleep(_TYPES_AFTER_S)

    await _ask(witness, row, played)
    if row.apology:
        await product.here.stand_ins.faults()
        with contextlib.suppress(AssertionError):
            await client.silence(1.0)
        await _ask(witness, row, played)
    played.modes = tuple(witness.modes)
    if client.agent is not None:
        played.why = client.agent.attributes.get("greeting.mode_reason", "")
    # One that was asked for once more comes to speak at the next pause.
    await came(lambda: witness.mode == "avatar" or client.avatar is None, _SPEAKS_S)
    played.useless_avatar = witness.mode != "avatar" and client.avatar is not None
    # Before the end, which may have warnings of its own.
    if row.log:
        await came(lambda: bool(_log_line(product, ticket["session_id"], row.log)), _LOG_S)
    played.log = _log_line(product, ticket["session_id"], row.log)
    await _end(product, ticket, played)
    return played


async def _ask(witness: Witness, row: Row, played: Played) -> None:
    """Ask, and wait for the answer, or for the apology that stands in its place."""
    for _ in range(2 if row.spoken else 1):
        try:
            if row.spoken:
                asked_at = await witness.client.say(RECORDING)
            else:
                await witness.client.type(QUESTION)
                asked_at = time.monotonic()
        except (rtc.StreamError, PublishTrackError):
            return  # the room has been closed on the trainee
        within_s = ANSWER_S + SLACK_S + _TOO_LATE_S
        await came(lambda asked_at=asked_at: witness.answer(asked_at) is not None, within_s)
        if (found := witness.answer(asked_at)) is not None:
            at, sorry = found
            if sorry:
                played.apology_s = at - asked_at
            else:
                played.answer_s = at - asked_at
                if row.whole_answer:
                    with contextlib.suppress(AssertionError):
                        await witness.client.silence(2.0)
                played.answer = witness.last_said(asked_at)
                return


async def _end(product: Product, ticket: dict[str, str], played: Played) -> None:
    """The end call, and how long the avatar outlives it."""
    room = ticket["room_name"]
    ended_at = time.time()
    await product.end(ticket["session_id"])
    with contextlib.suppress(AssertionError):
        await product.paid_avatars_left(room, AVATAR_LEFT_S + SLACK_S + _TOO_LATE_S)
    avatars = [avatar for avatar in await product.avatars(room) if avatar["joined_at"]]
    left = [(avatar["left_at"] or time.time()) - ended_at for avatar in avatars]
    played.avatars, played.avatar_left_s = len(avatars), max([0.0, *left])
    played.room_gone = not await product.room_exists(room)


def _log_line(product: Product, session_id: str, wanted: str) -> str:
    """The first warning or error of ours that matches, as an operator reads it."""
    if not wanted:
        return ""
    for event in product.events("worker"):
        ours = event.get("name") == "training_greeter" and event.get("session_id") == session_id
        if ours and event.get("level") in {"WARNING", "ERROR"}:
            about = [
                f"{key}={event[key]}" for key in ("provider", "error", "status") if event.get(key)
            ]
            first_line = str(event.get("message", "")).partition("\n")[0]
            line = " ".join([first_line, *about])
            if re.search(wanted, line, re.IGNORECASE):
                return line
    return ""
