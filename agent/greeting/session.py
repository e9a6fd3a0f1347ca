"""One greeting: one room, one trainee, from dispatch to goodbye.

`Greeting._story` reads as what happens; the rest of the class is what may happen beside it.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping

from livekit import rtc
from livekit.agents import CloseEvent, CloseReason, JobContext
from livekit.agents.voice import SpeechHandle

from agent.conversation.conversation import Conversation
from agent.core import end_reasons
from agent.core.end_reasons import Ending
from agent.core.job_metadata import JobMetadata
from agent.core.log import log_task_failure, logger
from agent.core.settings import WorkerSettings
from agent.core.types import Answer
from agent.greeting.course import Course, Quiet
from agent.greeting.outcome_recorder import OutcomeRecorder
from agent.greeting.pace import Pace
from agent.greeting.room_session import start_in_room
from agent.greeting.speaker import Speaker
from agent.greeting.troubles import Troubles
from agent.outcomes.session_end import record_session_end
from agent.outcomes.timeline import Timeline
from agent.recording.factory import recording_of, to_be_recorded
from agent.room.arrival import announce_arrivals
from agent.room.contract import (
    ATTRIBUTE_CLOSING,
    ATTRIBUTE_ENDED,
    ATTRIBUTE_LOCALE,
    ATTRIBUTE_RECORDING,
)
from agent.room.page_attributes import Page
from agent.room.page_timeline import take_page_reports
from agent.room.room_api import RoomApi
from agent.room.trainee import Trainee
from agent.store import Store
from agent.telemetry.metrics import count_greeting

_TELL_TIMEOUT_S = 0.5


class Greeting:
    """The greeting of one trainee."""

    def __init__(
        self,
        ctx: JobContext,
        livekit: RoomApi,
        settings: WorkerSettings,
        metadata: JobMetadata,
        store: Store | None,
        *,
        answered: Mapping[str, Answer],
        may_be_avatar: bool,
        timeline: Timeline,
    ) -> None:
        """Listen for the trainee from now on; the room must be connected.

        Args:
            store: where the outcome is kept, closed at the end; None: it could not be opened.
            answered: what the trainee has told a greeter who was lost.
            may_be_avatar: False where the day's budget is spent.
            timeline: of the start so far; kept in the outcome.
        """
        self._ctx = ctx
        self._store = store
        self._livekit = livekit
        self._settings = settings
        self._metadata = metadata
        self._ending = Ending()
        self._page = Page(ctx.room)
        self._may_be_avatar = may_be_avatar
        self._speaker: Speaker | None = None
        self._conversation = Conversation(
            ctx.proc.userdata["llm"],
            metadata,
            settings=settings,
            on_change=self._on_change,
            on_goodbye=lambda: self._course.say_goodbye(),
            going_on=lambda: self._ending.reason is None,
            on_speechless=self._on_speechless,
            answered=answered,
            on_failure=lambda error: self._troubles.on_failure(error),
            is_recorded=lambda: self._recording is not None and self._recording.on,
            on_unwanted=self._on_unwanted if to_be_recorded(settings, metadata) else None,
        )
        self._keeper = OutcomeRecorder(
            store, self._conversation, metadata, id=ctx.job.id, timeline=timeline
        )
        self._trainee = Trainee(
            ctx.room, self._ending, self._on_typed, return_grace_s=settings.return_grace_s
        )
        session = self._conversation.session
        self._pace = Pace(session, timeline)
        take_page_reports(ctx.room, timeline, self._keeper.changed)
        self._recording = recording_of(
            ctx, session, settings, metadata, on_change=self._on_recording
        )
        self._keeper.recording = self._recording
        self._troubles = Troubles(self._conversation, self._keeper, self._on_speechless)
        self._quiet = Quiet(session, absent=self._trainee.absent)
        self._course = Course(
            self._conversation,
            self._quiet,
            self._ending,
            self._on_closing,
            longest_s=settings.max_greeting_s,
        )
        self._opened = asyncio.Event()
        self._opening_said = asyncio.Event()
        self._began_at = time.monotonic()
        self._tasks: list[asyncio.Task[None]] = []
        self._closing: asyncio.Task[None] | None = None
        session.on("close", self._on_close)
        ctx.room.on("disconnected", lambda *_: self._ending.end(end_reasons.ROOM_CLOSED))

    def begin(self) -> None:
        """Start the story and the watch for its end."""
        if not self._ctx.room.isconnected():
            # While the store was asked, nobody was listening yet.
            self._ending.end(end_reasons.ROOM_CLOSED)
        self._keeper.begin()
        watching = announce_arrivals(self._ctx.room, self._livekit, self._trainee.absent)
        self._tasks = [
            asyncio.create_task(self._tell(), name="greeting_story"),
            asyncio.create_task(watching, name="announce_arrivals"),
            asyncio.create_task(self._finish(), name="greeting_end"),
        ]
        for task in self._tasks:
            task.add_done_callback(log_task_failure)

    async def _story(self) -> None:
        settings, trainee = self._settings, self._trainee
        speaker = self._ask_for_avatar()
        conversation = self._conversation
        await start_in_room(conversation.session, conversation.greeter, self._ctx.room)
        self._pace.mark("session_started")
        speaker.await_avatar()
        if self._recording is not None:
            await self._recording.begin()
        conversation.prepare_opening()

        try:
            person = await trainee.arrives(settings.trainee_join_timeout_s)
        except TimeoutError:
            self._ending.end(end_reasons.TRAINEE_NEVER_CAME)
            return
        await self._get_to_know(person)

        await speaker.settle(settings.avatar_deadline_s)
        await trainee.can_hear(speaker, settings.hearing_timeout_s)

        self._open()
        await self._course.run()

    def _ask_for_avatar(self) -> Speaker:
        """Send for the avatar of this script while everything else is still starting."""
        script = self._conversation.script
        if not self._may_be_avatar:
            logger.warning(
                "AVATAR_MINUTES_PER_DAY is used up: greeting by voice until tomorrow (UTC)"
            )
            self._keeper.fault("avatar", "budget")
        if script.avatar and script.avatar not in self._settings.beyond_presence_avatars:
            logger.warning(
                "BEYOND_PRESENCE_AVATARS does not name the avatar this script wishes for",
                extra={"script": script.name, "avatar": script.avatar},
            )
        self._speaker = Speaker(
            self._ctx.room,
            self._livekit,
            self._conversation.session,
            self._settings,
            self._page,
            avatar_id=self._settings.avatar_of(script.name, script.avatar),
            may_be_avatar=self._may_be_avatar,
            longest_s=min(script.limits.max_seconds, self._settings.max_greeting_s),
            on_fault=lambda error, status: self._keeper.fault("avatar", error, status),
            on_lost=self._conversation.lose_voice,
            on_moment=self._on_moment,
        )
        self._keeper.speaker = self._speaker
        return self._speaker

    async def _get_to_know(self, person: rtc.RemoteParticipant) -> None:
        """Fill in from the participant's metadata and name what the platform did not say."""
        self._keeper.met()
        self._pace.mark("trainee_joined")
        known = self._metadata.with_participant_details(metadata=person.metadata, name=person.name)
        if known != self._metadata:
            self._metadata = known
            await self._conversation.get_to_know(known)
            self._conversation.prepare_opening()

    def _open(self) -> None:
        """The first words."""
        conversation = self._conversation
        script = conversation.script
        mode = self._speaker.mode if self._speaker else None
        conversation.session.input.set_audio_enabled(True)
        self._page.tell({ATTRIBUTE_LOCALE: script.locale})
        self._pace.mark("opening_begun")
        speech = conversation.open()
        speech.add_done_callback(self._after_opening)
        self._opened.set()
        self._keeper.opened()
        logger.info(
            "greeting begins",
            extra={
                "script": script.name,
                "script_version": script.version,
                "script_chosen_by": script.reason,
                "industry": script.industry,
                "locale": script.locale,
                "mode": mode,
                "since_job_start_s": round(time.monotonic() - self._began_at, 2),
            },
        )

    def _after_opening(self, speech: SpeechHandle) -> None:
        logger.info("opening said", extra={"interrupted": speech.interrupted})
        self._opening_said.set()

    def _on_moment(self, name: str) -> None:
        """Of the avatar's start: known to the store at once, should this job die."""
        self._pace.mark(name)
        self._keeper.changed()

    async def _on_typed(self, text: str) -> None:
        if not self._opened.is_set():
            # Who could not know that somebody is about to speak does not cut the opening off: it
            # says that they talk to an AI, and whether they are recorded.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._opening_said.wait(), self._settings.max_greeting_s)
        self._quiet.stir()
        self._pace.typed()
        await self._conversation.answer_typed(text)

    def _on_change(self) -> None:
        """An answer, or the language, is new."""
        if self._opened.is_set():
            self._page.tell({ATTRIBUTE_LOCALE: self._conversation.script.locale})
        self._keeper.changed()

    def _on_speechless(self) -> None:
        """No voice is to be had: what is said is read from now on, and so is what was lost."""
        speaker = self._speaker
        if speaker is None or speaker.mode == "text" or self._ending.reason is not None:
            return
        logger.error(
            "no voice answers, going on in writing: check DEEPGRAM_API_KEY, VOICES, FALLBACK_VOICE"
        )
        speaker.fall_silent()
        self._trainee.will_read()
        if self._opened.is_set():
            self._conversation.say_again()

    def _on_recording(self) -> None:
        """It has begun, or ended before the greeting."""
        recorded = self._recording is not None and self._recording.on
        self._page.tell({ATTRIBUTE_RECORDING: "on" if recorded else ""})
        self._keeper.changed()
        if not recorded and not self._opened.is_set():
            self._conversation.prepare_opening()  # which would have said that it is

    def _on_unwanted(self) -> bool:
        return self._recording is not None and self._recording.withdraw()

    def _on_closing(self, after_closing: str) -> None:
        self._page.tell({ATTRIBUTE_CLOSING: after_closing})

    def _on_close(self, event: CloseEvent) -> None:
        if event.reason is CloseReason.ERROR:
            logger.error("the conversation cannot go on: its provider failed too often")
            self._ending.end(end_reasons.SESSION_FAILED)
        else:
            # Not by us, who end it by the room: LiveKit is stopping the job.
            self._ending.end(end_reasons.WORKER_SHUTDOWN)

    async def _tell(self) -> None:
        try:
            async with asyncio.timeout(self._settings.max_greeting_s) as limit:
                await self._story()
                await self._ending.wait()
        except Exception:  # noqa: BLE001  the job's edge: whatever it was, the greeting ends cleanly
            if limit.expired():
                self._ending.end(end_reasons.TIME_LIMIT)
                return
            logger.exception("the greeting failed")
            self._ending.end(end_reasons.SESSION_FAILED)

    async def _finish(self) -> None:
        await self.close(await self._ending.wait())

    async def close(self, reason: str) -> None:
        """End it now: avatar out, room deleted, outcome kept, job over. Harmless when repeated."""
        self._ending.end(reason)
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(), name="greeting_close")
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        reason = str(self._ending.reason)
        *telling, _ = self._tasks
        for task in telling:
            task.cancel()
        try:
            if self._ctx.room.isconnected():
                await self._page.told({ATTRIBUTE_ENDED: reason}, _TELL_TIMEOUT_S)
                # Everybody leaves with the room, the avatar first of all.
                await self._livekit.delete()
            self._conversation.close()
            if self._speaker is not None:
                await self._speaker.close()
            reason = await self._keeper.reason_of_end(reason)
            self._log_end(reason)
            await record_session_end(
                self._store,
                session_id=self._metadata.session_id,
                room_sid=self._ctx.job.room.sid,
                reason=reason,
            )
            if self._recording is not None:
                wanted = not await self._keeper.is_forgotten()
                await self._recording.finish(
                    keep=wanted, at_once=reason == end_reasons.WORKER_SHUTDOWN
                )
            await self._keeper.close(reason, closing_said=self._course.closing_said)
        finally:
            self._ctx.shutdown(reason)

    def _log_end(self, reason: str) -> None:
        speaker = self._speaker
        mode = speaker.mode if speaker and self._opened.is_set() else None
        count_greeting(mode, reason, speaker.avatar_seconds if speaker else 0)
        logger.info(
            "greeting ended",
            extra={
                "reason": reason,
                "mode": speaker.mode if speaker else None,
                "why": (speaker.why or None) if speaker else None,
                "avatar_seconds": round(speaker.avatar_seconds, 1) if speaker else 0.0,
                "avatar_session_id": speaker.provider_session_id if speaker else None,
                "duration_s": round(time.monotonic() - self._began_at, 1),
            },
        )
