"""Saves the outcome of a running greeting, at every change and every few seconds.

Nothing here can stop a greeting: if the store fails, the outcome notes it and a log line says what
to check. The outcome of a job that died is closed by `agent.outcomes.expired` when its lease
expires.
"""

from __future__ import annotations

import asyncio
import bisect
import contextlib
import time
from datetime import UTC, datetime
from typing import Final

from livekit.protocol.agent import Job

from agent.core import end_reasons
from agent.core.errors import StoreError
from agent.core.events import (
    AnswersChanged,
    AvatarAnswered,
    AvatarJoined,
    FeedbackGiven,
    LabelShown,
    LineAdded,
    OpeningFinished,
    OpeningStarted,
    PageTimelineReported,
    ProviderFailed,
    RecordingChanged,
    ScriptChanged,
    TraineeJoined,
)
from agent.core.job_metadata import room_name_of
from agent.core.log import logger
from agent.core.tasks import start_task
from agent.greeting.greeting import Greeting
from agent.outcomes.aggregate import without_person
from agent.outcomes.outcome import Ended, Fault, Feedback, Outcome
from agent.outcomes.session_end import record_session_end
from agent.outcomes.tally import count_outcome
from agent.store import Store
from agent.telemetry.shared_metrics import STORE_ERRORS

LEASE_S: Final = 20.0
"""An outcome that has not been saved for this long belongs to a job that died."""
_SAVE_EVERY_S: Final = 5.0
_LAST_SAVE_S: Final = 3.0
"""How long a save that is under way may take at the end."""
_CLOSE_TRIES: Final = 8
_CLOSE_RETRY_S: Final = 2.0
"""The room is gone by then: waiting for the store costs no avatar minutes."""
_SAVED_AFTER: Final = (
    AnswersChanged,
    AvatarAnswered,
    AvatarJoined,
    FeedbackGiven,
    LabelShown,
    OpeningFinished,
    OpeningStarted,
    PageTimelineReported,
    ProviderFailed,
    RecordingChanged,
    ScriptChanged,
    TraineeJoined,
)
"""The outcome is saved at once after these events."""


class OutcomeRecorder:
    def __init__(self, greeting: Greeting, store: Store | None, job: Job) -> None:
        """Begin an outcome; it is saved from `start` on. `close` also closes the store."""
        self._greeting = greeting
        self._state = greeting.state
        self._store = store
        self._room_sid = job.room.sid
        self._changed = asyncio.Event()
        self._saving: asyncio.Task[None] | None = None
        metadata, script = self._state.metadata, self._state.script
        self._outcome = Outcome(
            id=job.id,
            session_id=metadata.session_id,
            trainee_id=metadata.trainee.id,
            room=room_name_of(metadata.session_id),
            script=script.name,
            script_version=script.version,
            locale=script.locale,
            transcript=[] if metadata.consent.transcript else None,
            started_at=_now(),
            timeline=self._state.timeline,
            disclosure=self._state.disclosure,
        )
        events = greeting.events
        for kind in _SAVED_AFTER:
            events.on(kind, lambda _: self._changed.set())
        events.on(TraineeJoined, self._on_trainee_joined)
        events.on(OpeningStarted, self._on_opening_started)
        events.on(LineAdded, self._on_line)
        events.on(ProviderFailed, self._on_provider_failed)
        events.on(FeedbackGiven, self._on_feedback)

    def start(self) -> None:
        """Save from now on, often enough to keep the lease."""
        self._saving = start_task(self._save_until_over(), name="save_outcome")

    async def final_reason(self, reason: str) -> str:
        """The reason that the endpoint stored before it closed the room, if that is all we saw."""
        if reason != end_reasons.ROOM_CLOSED or self._store is None:
            return reason
        try:
            return await self._store.end_reason(self._outcome.session_id) or reason
        except StoreError:
            return reason  # the failed save is logged

    async def end_session(self, reason: str) -> None:
        """Record that the greeting of the session has ended, for the endpoint."""
        session_id = self._outcome.session_id
        await record_session_end(
            self._store, session_id=session_id, room_sid=self._room_sid, reason=reason
        )

    async def is_deleted(self) -> bool:
        """True if the session's data was deleted meanwhile; False if the store does not say."""
        if self._store is None:
            return False
        try:
            return await self._store.is_forgotten(self._outcome.session_id, self._age_s())
        except StoreError:
            return False  # the failed save is logged

    async def close(self, reason: str) -> None:
        """Save the whole outcome, and close the store."""
        closing_said = self._state.closing_said is not None
        self._outcome.ended = Ended(reason=reason, at=_now(), closing_said=closing_said)
        self._changed.set()
        if self._saving is not None:
            # Let it finish: after a cancelled write it would be unknown whether the seconds were
            # counted.
            await asyncio.wait({self._saving}, timeout=_LAST_SAVE_S)
            self._saving.cancel()
        if self._store is None:
            return
        for attempt in range(1, _CLOSE_TRIES + 1):
            try:
                await self._close_outcome(self._store, attempt)
                break
            except StoreError as e:
                STORE_ERRORS.labels("close_outcome").inc()
                if attempt in (1, _CLOSE_TRIES):
                    logger.error(
                        "could not save the outcome; trying again. Check REDIS_URL or STATE_DIR"
                        if attempt == 1
                        else "the outcome was not saved; it will end as worker_lost",
                        extra={"event": "outcome_save_failed", "error": str(e), "attempt": attempt},
                    )
                await asyncio.sleep(_CLOSE_RETRY_S)
        await self._store.aclose()

    async def _close_outcome(self, store: Store, attempt: int) -> None:
        await self._save(store)
        if await store.close_outcome(self._outcome.id, self._body()):
            await count_outcome(store, self._outcome.model_dump_json())
        elif await self.is_deleted():
            logger.info(
                "the data of this session was deleted; its outcome is not saved",
                extra={"event": "outcome_not_saved"},
            )
        elif attempt == 1:  # else an attempt that seemed to fail may have closed it
            logger.warning(
                "the outcome was closed as worker_lost before the greeting ended; what came later "
                "is missing. Nothing was saved for 20 s: check the store and the CPU of this "
                "machine",
                extra={"event": "outcome_closed_early"},
            )

    async def _save_until_over(self) -> None:
        failing = False
        while self._store is not None and self._outcome.ended is None:
            self._changed.clear()
            try:
                await self._save(self._store)
                failing = False
            except StoreError as e:
                STORE_ERRORS.labels("save_outcome").inc()
                if not failing:
                    failing = True
                    logger.error(
                        "answers are not being saved; check REDIS_URL or STATE_DIR",
                        extra={"event": "answers_not_saved", "error": str(e)},
                    )
                    self._greeting.events.emit(ProviderFailed("store", "unreachable"))
                    self._changed.clear()  # saving that failure waits for the store too
            if self._outcome.ended is None:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_SAVE_EVERY_S):
                        await self._changed.wait()

    async def _save(self, store: Store) -> None:
        """Save the outcome, unless it was closed or deleted, and count avatar seconds."""
        session_id, body, age_s = self._outcome.session_id, self._body(), self._age_s()
        await store.open_outcome(self._outcome.id, session_id, body, LEASE_S, age_s=age_s)
        await self._state.avatar_usage.add_to_ledger(store)

    def _age_s(self) -> float:
        return time.monotonic() - self._state.began_at

    def _body(self) -> str:
        outcome, state, script = self._outcome, self._state, self._state.script
        outcome.script, outcome.script_version = script.name, script.version
        outcome.script_reason, outcome.industry = script.reason, script.industry
        outcome.answers = dict(state.answers.given)
        outcome.chosen_name = state.chosen_name
        outcome.locale = script.locale
        if outcome.locales[-1:] != [script.locale]:
            outcome.locales.append(script.locale)
        outcome.duration_s = round(self._age_s(), 1)
        if state.opened_at is not None:
            outcome.talk_s = round(time.monotonic() - state.opened_at, 1)
            outcome.mode = state.mode
        outcome.avatar_seconds = round(state.avatar_usage.seconds, 1)
        outcome.avatar_session_id = state.avatar_usage.provider_session_id
        outcome.recording = state.recording
        if self._greeting.settings.only_counts:
            outcome = without_person(outcome)
        return outcome.model_dump_json()

    def _on_trainee_joined(self, _: TraineeJoined) -> None:
        if self._outcome.met_at is None:
            self._outcome.met_at = _now()

    def _on_opening_started(self, _: OpeningStarted) -> None:
        self._outcome.opened_at = _now()

    def _on_feedback(self, event: FeedbackGiven) -> None:
        self._outcome.feedback = Feedback(helpful=event.helpful, comment=event.comment, at=_now())

    def _on_line(self, event: LineAdded) -> None:
        if (lines := self._outcome.transcript) is not None:
            # A session that closes reports an interrupted line after the words that interrupted it.
            bisect.insort(lines, event.line, key=lambda line: line.at)
            self._changed.set()

    def _on_provider_failed(self, event: ProviderFailed) -> None:
        for fault in self._outcome.faults:
            if (fault.part, fault.error, fault.status) == (event.part, event.error, event.status):
                fault.count += 1
                break
        else:
            self._outcome.faults.append(
                Fault(part=event.part, error=event.error, status=event.status, first_at=_now())
            )


def _now() -> datetime:
    return datetime.now(UTC)
