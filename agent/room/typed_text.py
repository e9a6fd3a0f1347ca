"""The text that the trainee types, as `TextReceived` events with one clean line each."""

from __future__ import annotations

import asyncio
from typing import Final

from livekit import rtc
from livekit.agents.types import TOPIC_CHAT
from pydantic import TypeAdapter, ValidationError

from agent.core.events import Events, Tap, TextReceived
from agent.core.log import logger
from agent.core.plain_text import one_line
from agent.core.tasks import TaskSet
from agent.room.contract import ATTRIBUTE_TAP
from agent.room.trainee import Trainee

_READ_TIMEOUT_S: Final = 10.0
_LENGTH_MAX: Final = 2_000  # characters


class TypedText:
    """Reads the chat topic of the room.

    livekit-agents' own handler drops text whose sender has not been announced yet, which LiveKit
    does up to 3 s late; this one waits for the announcement.
    """

    def __init__(self, room: rtc.Room, trainee: Trainee, events: Events) -> None:
        self._trainee = trainee
        self._events = events
        self._tasks = TaskSet()
        room.register_text_stream_handler(TOPIC_CHAT, self._on_stream)

    def _on_stream(self, reader: rtc.TextStreamReader, identity: str) -> None:
        self._tasks.start(self._read(reader, identity), name="read_typed_text")

    async def _read(self, reader: rtc.TextStreamReader, identity: str) -> None:
        try:
            async with asyncio.timeout(_READ_TIMEOUT_S):
                text = await reader.read_all()
                await self._trainee.wait_for_join(_READ_TIMEOUT_S)
        except (rtc.StreamError, TimeoutError) as e:
            logger.warning(
                "a typed message arrived incomplete; ignoring it",
                extra={"event": "typed_text_lost", "error": type(e).__name__},
            )
            return
        text = one_line(text, _LENGTH_MAX)
        if identity == self._trainee.identity and text:
            attributes = reader.info.attributes or {}
            self._events.emit(TextReceived(text, _tap(attributes.get(ATTRIBUTE_TAP))))


_TAP: Final = TypeAdapter(Tap)


def _tap(value: str | None) -> Tap | None:
    """Return the button that sent a text; None if it was typed, or this button is not known."""
    if value is None:
        return None
    try:
        return _TAP.validate_json(value)
    except ValidationError:
        logger.warning(
            "the page sent a button that this worker does not know; treating its text as typed. "
            "Update the worker",
            extra={"event": "tap_unknown"},
        )
        return None
