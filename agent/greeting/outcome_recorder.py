"""The keeper: one running greeting's outcome, saved as it comes about.

Nothing it does can cost a greeting: a store that is away is a fault in the record, and a line in
the log. Whoever died before closing has their record closed by the courier.
"""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime
from typing import Protocol

from livekit.agents import ConversationItemAddedEvent
from livekit.agents.llm import ChatMessage

from agent.conversation.conversation import Conversation
from agent.core import end_reasons
from agent.core.errors import StoreError
from agent.core.job_metadata import JobMetadata, room_name_of
from agent.core.log import log_task_failure, logger
from agent.core.types import Line, Mode
from agent.outcomes.avatar_budget import utc_day
from agent.outcomes.record import Ended, Fault, Outcome, Recorded
from agent.outcomes.timeline import Timeline
from agent.store import Store
from agent.telemetry.metrics import count_error

LEASE_S = 20.0
"""A record that has not been saved for this long belongs to a job that died."""
_SAVE_EVERY_S = 5.0
_SAVED_S = 3.0
"""How long a save that is under way may take at the end."""
_CLOSE_TRIES = 8
_CLOSE_AGAIN_S = 2.0
"""By then the room is gone: waiting for a store costs no avatar."""


class Speaking(Protocol):
    """What the record says of whoever speaks."""

    mode: Mode

    @property
    def avatar_seconds(self) -> float: ...

    @property
    def provider_session_id(self) -> str | None: ...


class Recording(Protocol):
    """What the record says of the recording, which is told what was said."""

    state: Recorded

    def said(self, message: ChatMessage, line: Line) -> None: ...


class OutcomeRecorder:
    """Keeps the outcome of one greeting, from the job's first moment to its last."""

    def __init__(
        self,
        store: Store | None,
        conversation: Conversation,
        metadata: JobMetadata,
        *,
        id: str,
        timeline: Timeline,
    ) -> None:
        """Args:
        store: closed at the end; None where it could not be opened: nothing is kept.
        id: of this greeting.
        timeline: of its start, which others go on writing.
        """
        self._store = store
        self._conversation = conversation
        self._began_at = time.monotonic()
        self._opened_at: float | None = None
        self._dirty = asyncio.Event()
        self._in_store = False
        self._booked_s = 0.0
        """Of the avatars' seconds, what is in the day's ledger."""
        self._saving: asyncio.Task[None] | None = None
        self._over = asyncio.Event()
        self.speaker: Speaking | None = None
        """Whoever speaks, once there is somebody."""
        self.recording: Recording | None = None
        """Who records, if anybody is to."""
        script = conversation.script
        self._outcome = Outcome(
            id=id,
            session_id=metadata.session_id,
            trainee_id=metadata.trainee.id,
            room=room_name_of(metadata.session_id),
            script=script.name,
            script_version=script.version,
            locale=script.locale,
            transcript=[] if metadata.consent.transcript else None,
            started_at=_now(),
            timeline=timeline,
        )
        conversation.session.on("conversation_item_added", self._on_item)

    def begin(self) -> None:
        """Save from now on: at every change, and often enough to be known to be alive."""
        self._saving = asyncio.create_task(self._save_on(), name="keep_outcome")
        self._saving.add_done_callback(log_task_failure)

    def changed(self) -> None:
        """Something is new that must not be lost."""
        self._dirty.set()

    def met(self) -> None:
        """The trainee is in the room."""
        self._outcome.met_at = _now()
        self.changed()

    def opened(self) -> None:
        """The first word is being said; harmless when repeated."""
        if self._opened_at is None:
            self._opened_at = time.monotonic()
            self._outcome.opened_at = _now()
            self.changed()

    def fault(self, part: str, error: str, status: int | None = None, *, source: str = "") -> None:
        """Note a failure; the same one is counted. For `source`, see `count_error`."""
        count_error(part, error, status, source=source)
        for known in self._outcome.faults:
            if (known.part, known.error, known.status) == (part, error, status):
                known.count += 1
                break
        else:
            self._outcome.faults.append(
                Fault.model_validate(
                    {"part": part, "error": error, "status": status, "first_at": _now()}
                )
            )
        self.changed()

    async def reason_of_end(self, reason: str) -> str:
        """Why it really ended, where all we saw is that somebody closed the room.

        The endpoint notes the end before it closes the room.
        """
        if reason != end_reasons.ROOM_CLOSED or self._store is None:
            return reason
        try:
            return await self._store.end_reason(self._outcome.session_id) or reason
        except StoreError:
            return reason  # the log says that the store is away

    async def is_forgotten(self) -> bool:
        """Whether the session was deleted meanwhile; False where nobody can say."""
        if self._store is None or not self._in_store:
            return False
        try:
            kept = await self._store.outcomes(self._outcome.session_id)
        except StoreError:
            return False  # the log says that the store is away
        return not any(json.loads(body).get("id") == self._outcome.id for body in kept)

    async def close(self, reason: str, *, closing_said: bool) -> None:
        """It is over: save the last state for good, trying for some seconds."""
        self._outcome.ended = Ended(reason=reason, at=_now(), closing_said=closing_said)
        self._over.set()
        self._dirty.set()
        if self._saving is not None:
            # To its end: of a booking that is cut off, nobody knows whether it was made.
            await asyncio.wait({self._saving}, timeout=_SAVED_S)
            self._saving.cancel()
        if self._store is None:
            return
        for attempt in range(1, _CLOSE_TRIES + 1):
            try:
                body = await self._brought_up_to_date(self._store)
                if not await self._store.close_outcome(self._outcome.id, body):
                    logger.info("the outcome is not kept: it was deleted, or closed before")
                break
            except StoreError as e:
                logger.error(
                    "the outcome is not saved yet; check REDIS_URL or STATE_DIR",
                    extra={"error": str(e), "attempt": attempt, "of": _CLOSE_TRIES},
                )
                await asyncio.sleep(_CLOSE_AGAIN_S)
        await self._store.aclose()

    async def _save_on(self) -> None:
        failing = False
        while self._store is not None and not self._over.is_set():
            self._dirty.clear()
            try:
                body = await self._brought_up_to_date(self._store)
                await self._store.save_outcome(self._outcome.id, body, LEASE_S)
                failing = False
            except StoreError as e:
                if not failing:
                    failing = True
                    logger.error(
                        "answers are not being saved; check REDIS_URL or STATE_DIR",
                        extra={"error": str(e)},
                    )
                    self.fault("store", "unreachable")
                    self._dirty.clear()  # that one waits for the store to be back
            if self._over.is_set():
                return
            try:
                async with asyncio.timeout(_SAVE_EVERY_S):
                    await self._dirty.wait()
            except TimeoutError:
                pass

    async def _brought_up_to_date(self, store: Store) -> str:
        """The record as it stands now, opened in the store, and booked as far as it goes."""
        await self._open(store)
        body = self._body()
        await self._book(store)
        return body

    async def _book(self, store: Store) -> None:
        """Put into the ledger what the record has as paid, as it comes about.

        Greetings that begin meanwhile see it; and whoever closes a lost record has nothing to add.
        """
        new_s = self._outcome.avatar_seconds - self._booked_s
        if new_s > 0:
            await store.add_avatar_seconds(utc_day(), new_s)
            self._booked_s += new_s

    async def _open(self, store: Store) -> None:
        if not self._in_store:
            outcome = self._outcome
            await store.open_outcome(outcome.id, outcome.session_id, self._body(), LEASE_S)
            self._in_store = True

    def _on_item(self, event: ConversationItemAddedEvent) -> None:
        line = self._conversation.line_of(event)
        if line is not None and self.recording is not None and isinstance(event.item, ChatMessage):
            self.recording.said(event.item, line)
        if line is not None and self._outcome.transcript is not None:
            self._outcome.transcript.append(line)
            self.changed()

    def _body(self) -> str:
        """The record as it stands now."""
        outcome, script = self._outcome, self._conversation.script
        outcome.script, outcome.script_version = script.name, script.version
        outcome.script_reason, outcome.industry = script.reason, script.industry
        outcome.answers = dict(self._conversation.answers.given)
        outcome.locale = script.locale
        if outcome.locales[-1:] != [script.locale]:
            outcome.locales.append(script.locale)
        now = time.monotonic()
        outcome.duration_s = round(now - self._began_at, 1)
        if self._opened_at is not None:
            outcome.talk_s = round(now - self._opened_at, 1)
        if self.speaker is not None:
            outcome.mode = self.speaker.mode if self._opened_at is not None else None
            outcome.avatar_seconds = round(self.speaker.avatar_seconds, 1)
            outcome.avatar_session_id = self.speaker.provider_session_id
        if self.recording is not None:
            outcome.recording = self.recording.state
        return outcome.model_dump_json()


def _now() -> datetime:
    return datetime.now(UTC)
