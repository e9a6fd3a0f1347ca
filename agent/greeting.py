"""One greeting: one room, one trainee, from dispatch to goodbye.

`Greeting._story` reads as what happens; the rest of the class is what may happen beside it.
"""

from __future__ import annotations

import asyncio
import time

from livekit import rtc
from livekit.agents import NOT_GIVEN, CloseEvent, CloseReason, ErrorEvent, JobContext
from livekit.agents.llm import LLMError
from livekit.agents.voice import SpeechHandle
from livekit.agents.voice.room_io import AudioOutputOptions, RoomOptions

from agent import ending
from agent.arrival import announce_arrivals
from agent.avatar import AUDIO_SAMPLE_RATE
from agent.conversation import Greeter, build_session
from agent.end_report import report_end
from agent.ending import Ending
from agent.job_metadata import JobMetadata
from agent.log import log_failure, logger
from agent.prepared_speech import PreparedSpeech
from agent.room_api import RoomApi
from agent.room_contract import ATTRIBUTE_ENDED
from agent.scripts import script_for
from agent.settings import WorkerSettings
from agent.speaker import Speaker
from agent.trainee import Trainee

_START_TIMEOUT_S = 10.0
_TELL_TIMEOUT_S = 0.5
_TROUBLE_EVERY_S = 8.0
"""A failing provider is logged, and a lost answer apologised for, not more often than this."""


class Greeting:
    """The greeting of one trainee."""

    def __init__(
        self,
        ctx: JobContext,
        livekit: RoomApi,
        settings: WorkerSettings,
        metadata: JobMetadata,
    ) -> None:
        """Listen for the trainee from now on; the room must be connected."""
        self._ctx = ctx
        self._livekit = livekit
        self._settings = settings
        self._metadata = metadata
        self._script = script_for(metadata)
        self._ending = Ending()
        self._trainee = Trainee(
            ctx.room, self._ending, self._on_typed, return_grace_s=settings.return_grace_s
        )
        self._session = build_session(settings, ctx.proc.userdata["llm"], self._script.locale)
        self._speaker: Speaker | None = None
        self._opening: PreparedSpeech | None = None
        self._opened = asyncio.Event()
        self._began_at = time.monotonic()
        self._failed_at: dict[str, float] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._closing: asyncio.Task[None] | None = None
        ctx.room.on("disconnected", lambda *_: self._ending.end(ending.ROOM_CLOSED))

    def begin(self) -> None:
        """Start the story and the watch for its end."""
        watching = announce_arrivals(self._ctx.room, self._livekit, self._trainee.absent)
        self._tasks = [
            asyncio.create_task(self._tell(), name="greeting_story"),
            asyncio.create_task(watching, name="announce_arrivals"),
            asyncio.create_task(self._finish(), name="greeting_end"),
        ]
        for task in self._tasks:
            task.add_done_callback(log_failure)

    async def _story(self) -> None:
        settings, trainee = self._settings, self._trainee
        speaker = Speaker(self._ctx.room, self._livekit, self._session, settings)
        self._speaker = speaker
        await self._start_session()
        speaker.bring_avatar()
        self._prepare_opening()

        try:
            person = await trainee.arrives(settings.trainee_join_timeout_s)
        except TimeoutError:
            self._ending.end(ending.TRAINEE_NEVER_CAME)
            return
        await self._get_to_know(person)

        await speaker.settle(settings.avatar_deadline_s)
        await trainee.can_hear(speaker, settings.hearing_timeout_s)

        self._open()

    async def _start_session(self) -> None:
        """Everything but speaking: nothing is said, and nothing heard, before the opening."""
        session = self._session
        session.on("error", self._on_error)
        session.on("close", self._on_close)
        options = RoomOptions(
            audio_output=AudioOutputOptions(sample_rate=AUDIO_SAMPLE_RATE),
            # The trainee's own text handler also takes what is typed in the first moment.
            text_input=False,
            # How a greeting ends is decided in one place, and it is not here.
            close_on_disconnect=False,
        )
        async with asyncio.timeout(_START_TIMEOUT_S):
            await session.start(
                Greeter(self._script),
                room=self._ctx.room,
                room_options=options,
                # LiveKit Cloud's default would take sound and transcript; nobody has consented.
                record=False,
            )
        session.input.set_audio_enabled(False)

    async def _get_to_know(self, person: rtc.RemoteParticipant) -> None:
        """Fill in from the participant's metadata and name what the platform did not say."""
        known = self._metadata.known_from(metadata=person.metadata, name=person.name)
        if known != self._metadata:
            self._metadata = known
            self._script = script_for(known)
            self._prepare_opening()
            await self._session.current_agent.update_instructions(self._script.instructions)

    def _prepare_opening(self) -> None:
        assert self._session.tts is not None
        if self._opening is not None:
            self._opening.cancel()
        self._opening = PreparedSpeech(self._session.tts, self._script.opening)

    def _open(self) -> None:
        """The first words: from the script, by no LLM."""
        self._session.input.set_audio_enabled(True)
        audio = self._opening.audio() if self._opening else None
        mode = self._speaker.mode if self._speaker else None
        speech = self._session.say(self._script.opening, audio=audio or NOT_GIVEN)
        speech.add_done_callback(lambda speech: self._after_opening(speech, mode))
        self._opened.set()
        logger.info(
            "greeting begins",
            extra={
                "script": self._script.name,
                "script_version": self._script.version,
                "script_chosen_by": self._script.reason,
                "industry": self._script.industry,
                "locale": self._script.locale,
                "mode": mode,
                "since_job_start_s": round(time.monotonic() - self._began_at, 2),
            },
        )

    def _after_opening(self, speech: SpeechHandle, mode: str | None) -> None:
        logger.info("opening said", extra={"interrupted": speech.interrupted})
        lost = self._speaker is not None and self._speaker.mode != mode
        if lost and not speech.interrupted and self._ending.reason is None:
            # The avatar left in the middle of it, and what it had been given is gone.
            self._open()

    async def _on_typed(self, text: str) -> None:
        await self._opened.wait()
        await self._session.interrupt()
        self._session.generate_reply(user_input=text, input_modality="text")

    def _on_error(self, event: ErrorEvent) -> None:
        """A provider failed for good this time: the trainee is not left without an answer."""
        error = event.error
        if getattr(error, "recoverable", False):
            return
        cause = getattr(error, "error", error)
        provider = str(getattr(error, "label", type(event.source).__module__))
        now = time.monotonic()
        if now - self._failed_at.get(provider, 0.0) < _TROUBLE_EVERY_S:
            return
        self._failed_at[provider] = now
        logger.warning(
            "a provider failed",
            extra={
                "provider": provider,
                "error": type(cause).__name__,
                "status": getattr(cause, "status_code", None),
            },
        )
        if isinstance(error, LLMError):
            self._session.say(self._script.trouble)

    def _on_close(self, event: CloseEvent) -> None:
        if event.reason is CloseReason.ERROR:
            logger.error("the conversation cannot go on: its provider failed too often")
            self._ending.end(ending.SESSION_FAILED)
        else:
            # Not by us, who end it by the room: LiveKit is stopping the job.
            self._ending.end(ending.WORKER_SHUTDOWN)

    async def _tell(self) -> None:
        try:
            async with asyncio.timeout(self._settings.max_greeting_s) as limit:
                await self._story()
                await self._ending.wait()
        except Exception:  # noqa: BLE001  the job's edge: whatever it was, the greeting ends cleanly
            if limit.expired():
                self._ending.end(ending.TIME_LIMIT)
                return
            logger.exception("the greeting failed")
            self._ending.end(ending.SESSION_FAILED)

    async def _finish(self) -> None:
        await self.close(await self._ending.wait())

    async def close(self, reason: str) -> None:
        """End it now: avatar out, room deleted, job over. Harmless when repeated."""
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
                await self._tell_the_page(reason)
                # Everybody leaves with the room, the avatar first of all.
                await self._livekit.delete()
            if self._opening is not None:
                self._opening.cancel()
            if self._speaker is not None:
                await self._speaker.close()
            self._log_end(reason)
            await report_end(
                self._settings,
                session_id=self._metadata.session_id,
                room=self._ctx.room.name,
                room_sid=self._ctx.job.room.sid,
                reason=reason,
            )
        finally:
            self._ctx.shutdown(reason)

    def _log_end(self, reason: str) -> None:
        speaker = self._speaker
        logger.info(
            "greeting ended",
            extra={
                "reason": reason,
                "mode": speaker.mode if speaker else None,
                "why_voice": (speaker.why_voice or None) if speaker else None,
                "avatar_seconds": round(speaker.avatar_seconds, 1) if speaker else 0.0,
                "avatar_session_id": speaker.provider_session_id if speaker else None,
                "duration_s": round(time.monotonic() - self._began_at, 1),
            },
        )

    async def _tell_the_page(self, reason: str) -> None:
        try:
            async with asyncio.timeout(_TELL_TIMEOUT_S):
                await self._ctx.room.local_participant.set_attributes({ATTRIBUTE_ENDED: reason})
        except TimeoutError:
            logger.info("the page was not told why the greeting ended")
