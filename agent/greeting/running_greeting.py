"""One greeting: one room, one trainee, from the dispatch to the end.

`RunningGreeting` has the main steps in their order: compose, start, greet, clean up. Every other
behaviour is one file in `behaviours/`. What is recorded about the greeting is in `observers/`.
"""

from __future__ import annotations

import asyncio

from livekit.agents import JobContext

from agent.conversation.state import GreetingState
from agent.core import end_reasons
from agent.core.events import ConversationStarted
from agent.core.log import logger
from agent.core.settings import WorkerSettings
from agent.core.tasks import start_task
from agent.greeting.behaviours import BEHAVIOURS
from agent.greeting.cleanup import clean_up
from agent.greeting.first_avatar import FirstAvatar
from agent.greeting.greeting import build_greeting
from agent.greeting.observers import OBSERVERS
from agent.greeting.observers.outcome_recorder import OutcomeRecorder
from agent.greeting.observers.page import PageObserver
from agent.greeting.session_start import start_in_room
from agent.room.arrival import Arrivals
from agent.room.end_messages import EndMessages
from agent.room.page_rpcs import PageRpcs
from agent.room.typed_text import TypedText
from agent.store import Store


class RunningGreeting:
    def __init__(
        self,
        ctx: JobContext,
        settings: WorkerSettings,
        state: GreetingState,
        store: Store | None,
        first_avatar: FirstAvatar,
    ) -> None:
        """Compose the greeting; the room must be connected.

        Args:
            store: closed at the end; None if it could not be opened.
            first_avatar: may have been requested already.
        """
        self._ctx = ctx
        self._first_avatar = first_avatar
        self._greeting = greeting = build_greeting(ctx, settings, state)
        events = state.events
        # These react to events, which keep them as long as the greeting.
        for subscriber in (*BEHAVIOURS, *OBSERVERS):
            subscriber(greeting)
        self._arrivals = Arrivals(ctx.room, greeting.livekit)
        PageRpcs(ctx.room, self._arrivals, events)
        EndMessages(ctx.room, events)
        TypedText(ctx.room, greeting.trainee, events)
        self._page = PageObserver(greeting)
        self._recorder = OutcomeRecorder(greeting, store, ctx.job)
        self._closing = start_task(self._close_at_end(), name="close_greeting")

    def start(self) -> None:
        greeting = self._greeting
        if not greeting.room.isconnected():
            # The room was closed while the store was read, before anything listened for it.
            greeting.end(end_reasons.ROOM_CLOSED)
        greeting.avatar.request(self._first_avatar.hand_over())
        greeting.trainee.watch()
        self._recorder.start()
        announcing = self._arrivals.announce_while(greeting.trainee.absent)
        greeting.tasks.start(announcing, name="announce_arrivals")
        greeting.tasks.start(self._greet_or_end(), name="greeting")

    async def _greet_or_end(self) -> None:
        try:
            await self._greet()
        except Exception:  # noqa: BLE001  the job's edge: whatever failed, the greeting ends cleanly
            logger.exception(
                "the greeting failed; the next request starts it again. See the traceback; for a "
                "TimeoutError check the CPU of this machine",
                extra={"event": "greeting_failed"},
            )
            self._greeting.end(end_reasons.SESSION_FAILED)

    async def _greet(self) -> None:
        """Open the conversation; the behaviours do the rest, and one of them ends it."""
        greeting, settings = self._greeting, self._greeting.settings
        conversation = greeting.conversation

        await start_in_room(conversation, greeting.room)
        greeting.events.emit(ConversationStarted())
        greeting.output.remember_voice()
        if greeting.recording is not None:
            await greeting.recording.start()
        conversation.lines.prepare_opening()

        try:
            participant = await greeting.trainee.wait_for_join(
                greeting.state.metadata.join_timeout_s or settings.trainee_join_timeout_s
            )
        except TimeoutError:
            greeting.end(end_reasons.TRAINEE_NEVER_CAME)
            return
        await conversation.script_in_use.use_participant_name(participant.name)
        conversation.listen()

        await greeting.avatar.settle(settings.avatar_deadline_s)
        await greeting.audibility.wait(settings.hearing_timeout_s)
        conversation.lines.say_opening()

    async def close(self, reason: str) -> None:
        """End the greeting and wait until everything is cleaned up; may be called again."""
        self._greeting.end(reason)
        await asyncio.shield(self._closing)

    async def _close_at_end(self) -> None:
        reason = await self._greeting.wait_for_end()
        try:
            reason = await clean_up(self._greeting, self._page, self._recorder, reason)
        finally:
            self._ctx.shutdown(reason)
