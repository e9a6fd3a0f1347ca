"""Plays one row on the running product and records what the trainee saw, heard, and cost."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import moonshine_voice
from livekit import rtc
from livekit.rtc.participant import PublishTrackError

from tests.faults.observer import OPENING, QUESTION, Observer, is_whole
from tests.faults.row import ANSWER_S, AVATAR_LEFT_S, SLACK_S, Row
from tests.support.product import Product
from tests.support.waiting import holds_within

RECORDING = Path(moonshine_voice.__file__).parent / "assets" / "clone-test.wav"
_OBSERVED_LONGER_S = 6.0
"""A broken promise is observed for this much longer, so that the table says how late it was."""
_OPENING_TAKES_S = 30.0
_LOG_S = 6.0
"""A provider that hangs is logged after its timeout."""
_SPEAKS_S = 15.0
"""By then an avatar in the room speaks or has left."""
_ROOM_GONE_S = 15.0
_TYPES_AFTER_S = 0.5
"""Trainees do not type at once."""


@dataclass
class Played:
    """The result of one row; None if something did not happen."""

    first_word_s: float | None = None
    """From joining to the first sound, or to the first caption in text mode."""
    mode: str = ""
    """`greeting.mode` at the first word."""
    modes: tuple[str, ...] = ()
    """All modes in order."""
    opening: str = ""
    """The opening as its last caption shows it."""
    heard_s: float = 0.0
    """Loud sound before the question."""
    answer_s: float | None = None
    """From the question to the first word of an answer, which is heard too unless in text mode."""
    answer: str = ""
    """What was said last."""
    apology_s: float | None = None
    """From the question to an apology."""
    avatars: int = 0
    """Avatars that joined, by the provider's record."""
    useless_avatar: bool = False
    """An avatar was in the room, at a cost, and did not speak."""
    avatar_left_s: float = 0.0
    """How long an avatar stayed after the greeting was ended."""
    room_gone: bool = False
    log: str = ""
    """The line that the operator was promised, or one that no operator should see."""
    traceback: str = ""
    """The first message with a traceback: what a provider does is no mistake of the code."""

    def broken(self, row: Row, slack_s: float = SLACK_S) -> list[str]:
        """Return the promises of a row that were not kept.

        Args:
            slack_s: added to each promise, because the machine is busy.
        """
        late = [
            ("the first word", self.first_word_s, row.first_word_s),
            ("the answer", self.answer_s, ANSWER_S),
            ("the avatar's leaving", self.avatar_left_s, AVATAR_LEFT_S),
        ]
        found = [
            f"{what} did not come" if took is None else f"{what} took {took:.1f} s, not {limit:g} s"
            for what, took, limit in late
            if took is None or took > limit + slack_s
        ]
        if self.mode != row.mode:
            found.append(f"the mode was {self.mode!r}, not {row.mode!r}")
        if row.then and row.then not in self.modes[1:]:
            found.append(f"the mode never became {row.then!r}: {self.modes}")
        if row.avatars is not None and self.avatars != row.avatars:
            found.append(f"{self.avatars} avatars joined, not {row.avatars}")
        if row.whole and not is_whole(self.opening, self.heard_s, self.mode):
            found.append(f"of the opening, {self.heard_s:.1f} s were heard: {self.opening!r}")
        asked_again = row.spoken and self.answer_s is not None
        if self.apology_s is not None and not (row.apology or asked_again):
            found.append("an apology in place of an answer")
        if row.apology and (self.apology_s is None or self.apology_s > ANSWER_S + slack_s):
            found.append("no apology while the LLM failed")
        if row.whole_answer and not _is_complete(self.answer):
            found.append(f"the answer breaks off: {self.answer!r}")
        if self.useless_avatar:
            found.append("an avatar that does not speak was kept")
        if not self.room_gone:
            found.append("the room was not deleted")
        if row.log and not self.log:
            found.append("no warning or error tells the operator")
        if self.traceback:
            found.append(f"the worker logged a traceback: {self.traceback!r}")
        if row.quiet and self.log:
            found.append(f"the worker logged {self.log!r}")
        return found


async def play(product: Product, row: Row) -> Played:
    """Play one row from the request to the end call; broken promises do not raise."""
    await product.providers.faults(*row.faults)
    client, answer, _ = await product.enter()
    joined_at = time.monotonic()
    observer = Observer(client)
    played = Played()

    within_s = row.first_word_s + SLACK_S + _OBSERVED_LONGER_S
    await holds_within(lambda: observer.first_word() is not None, within_s)
    if (at := observer.first_word()) is not None:
        played.first_word_s = max(at - joined_at, 0.0)
    # The attribute may arrive after the sound.
    await holds_within(lambda: bool(observer.mode), _LOG_S)
    played.mode = observer.mode
    if row.then:
        await holds_within(lambda: row.then in observer.modes[1:], row.then_s)
    # The agent answers nothing before the end of the opening.
    await holds_within(lambda: observer.opening_is_over, _OPENING_TAKES_S)
    if row.whole:
        await holds_within(lambda: observer.opening() == OPENING, _OPENING_TAKES_S)
        with contextlib.suppress(AssertionError):
            await client.silence(1.0, timeout=_OPENING_TAKES_S)
    played.opening, played.heard_s = observer.opening(), observer.heard_s()
    await asyncio.sleep(_TYPES_AFTER_S)

    await _ask(observer, row, played)
    if row.interrupts:
        await asyncio.sleep(_TYPES_AFTER_S)
        await _ask(observer, row, played)
    if row.apology:
        await product.providers.faults()
        with contextlib.suppress(AssertionError):
            await client.silence(1.0)
        await _ask(observer, row, played)
    played.modes = tuple(observer.modes)
    # An avatar that was requested once more takes over at the next pause.
    await holds_within(lambda: observer.mode == "avatar" or client.avatar is None, _SPEAKS_S)
    played.useless_avatar = observer.mode != "avatar" and client.avatar is not None
    # Read before the end, which may log warnings of its own.
    session_id = answer["session_id"]
    if row.log:
        await holds_within(lambda: bool(_log_line(product, session_id, row.log)), _LOG_S)
    played.log = _log_line(product, session_id, row.quiet or row.log)
    played.traceback = next(
        (
            event["message"]
            for event in product.events("worker")
            if event.get("session_id") == session_id and "Traceback" in str(event)
        ),
        "",
    )
    await _end(product, answer, played)
    return played


async def _ask(observer: Observer, row: Row, played: Played) -> None:
    """Ask, and wait for the answer, or for an apology in its place."""
    for _ in range(2 if row.spoken else 1):
        try:
            if row.spoken:
                asked_at = await observer.client.say(RECORDING)
            else:
                await observer.client.type(QUESTION)
                asked_at = time.monotonic()
        except (rtc.StreamError, PublishTrackError):
            return  # the room was deleted
        within_s = ANSWER_S + SLACK_S + _OBSERVED_LONGER_S
        await holds_within(lambda since=asked_at: observer.answer(since) is not None, within_s)
        if (found := observer.answer(asked_at)) is not None:
            at, is_apology = found
            if is_apology:
                played.apology_s = at - asked_at
            else:
                played.answer_s = at - asked_at
                if row.whole_answer:
                    with contextlib.suppress(AssertionError):
                        await observer.client.silence(2.0)
                    await holds_within(
                        lambda since=asked_at: _is_complete(observer.last_line(since)),
                        _OBSERVED_LONGER_S,
                    )
                played.answer = observer.last_line(asked_at)
                return


async def _end(product: Product, answer: dict[str, str], played: Played) -> None:
    """End the greeting, and measure how long the avatar stays."""
    room = answer["room_name"]
    ended_at = time.time()
    await product.end(answer["session_id"])
    with contextlib.suppress(AssertionError):
        await product.paid_avatars_left(room, AVATAR_LEFT_S + SLACK_S + _OBSERVED_LONGER_S)
    avatars = [avatar for avatar in await product.avatars(room) if avatar["joined_at"]]
    left = [(avatar["left_at"] or time.time()) - ended_at for avatar in avatars]
    played.avatars, played.avatar_left_s = len(avatars), max([0.0, *left])
    with contextlib.suppress(AssertionError):
        await product.room_is_deleted(room, _ROOM_GONE_S)
        played.room_gone = True


def _is_complete(answer: str) -> bool:
    return answer.endswith((".", "?", "!"))


def _log_line(product: Product, session_id: str, wanted: str) -> str:
    """Return the text of the first of our warnings or errors that matches."""
    if not wanted:
        return ""
    for event in product.events("worker"):
        ours = event.get("name") == "training_greeter" and event.get("session_id") == session_id
        if ours and event.get("level") in {"WARNING", "ERROR"}:
            line = _as_text(event)
            if re.search(wanted, line, re.IGNORECASE):
                return line
    return ""


_NOT_SHOWN = frozenset(
    {
        *("message", "level", "name", "timestamp", "exc_info", "stack_info", "pid", "job_id"),
        *("session_id", "room", "room_id", "trace_id", "span_id", "event", "taskName"),
    }
)


def _as_text(event: dict[str, Any]) -> str:
    """Return the first line of the message and the values in `extra`."""
    first_line = str(event.get("message", "")).partition("\n")[0]
    values = [f"{key}={value}" for key, value in event.items() if key not in _NOT_SHOWN and value]
    return " ".join([first_line, *values])
