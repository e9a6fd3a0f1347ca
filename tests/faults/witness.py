"""What one trainee's client has seen and heard so far: first word, modes, opening, answer."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from tests.support.livekit_client import Caption, LiveKitClient
from tests.support.waiting import until

QUESTION = "How long does the video take?"
OPENING_ENDS = "What would you like to know?"
_OPENING_BEGINS = "Hello Ada"
_FRAME_S = 0.01
_A_WORD_S = 0.2
"""Of loud sound, at the very least: words are spoken at 160 a minute, with pauses."""
_AN_ANSWER = 4
"""Words; fewer do not tell what it is."""


class Witness:
    """Watches a client that has just joined."""

    def __init__(self, client: LiveKitClient) -> None:
        self.client = client
        self.modes: list[str] = []
        """Every `greeting.mode` in turn."""
        self._note_mode()
        client.room.on("participant_attributes_changed", self._note_mode)
        client.room.on("participant_connected", self._note_mode)

    @property
    def mode(self) -> str:
        """The page's present one; empty before the greeter has said."""
        return self.modes[-1] if self.modes else ""

    def first_word(self) -> float | None:
        """When the first was heard, or read where nobody can speak; time.monotonic()."""
        sound = self.client.first_sound()
        at = [sound[0]] if sound else []
        if self.mode == "text":
            at += [read.began_at for read in self._said()]
        return min(at, default=None)

    def opening(self) -> str:
        """The opening as its last caption has it; it may have been said twice."""
        said = [read.text.strip() for read in self._said() if _is_opening(read)]
        return said[-1] if said else ""

    def heard_s(self) -> float:
        """How much loud sound has come until now."""
        return _FRAME_S * sum(len(heard.loud_at) for heard in self.client.audio.values())

    def answer(self, asked_at: float) -> tuple[float, bool] | None:
        """When an answer was heard (or read), and whether it is but an apology.

        What is heard does not count before it is read: it may be the rest of what was said before.
        """
        for read in self._said(after=asked_at):
            if _is_opening(read) or len(read.text.split()) < _AN_ANSWER:
                continue
            sound = self.client.first_sound(after=read.began_at)
            if sound or self.mode == "text":
                at = sound[0] if sound else read.began_at
                return at, "sorry" in read.text
        return None

    def last_said(self, after: float) -> str:
        """The last caption that began after a moment."""
        said = self._said(after)
        return said[-1].text.strip() if said else ""

    def _said(self, after: float = 0.0) -> list[Caption]:
        me = self.client.room.local_participant.identity
        return [
            read
            for read in self.client.live_captions
            if read.identity != me and read.began_at > after
        ]

    def _note_mode(self, *_: object) -> None:
        agent = self.client.agent
        mode = agent.attributes.get("greeting.mode", "") if agent else ""
        if mode and mode != self.mode:
            self.modes.append(mode)


def is_whole(opening: str, heard_s: float, mode: str) -> bool:
    """Whether all of the opening has been heard, or read where nobody can speak."""
    read = opening.startswith(_OPENING_BEGINS) and opening.endswith(OPENING_ENDS)
    return read and (mode == "text" or heard_s >= _A_WORD_S * len(opening.split()))


def _is_opening(read: Caption) -> bool:
    return read.text.startswith(_OPENING_BEGINS)


async def came(condition: Callable[[], bool], within_s: float) -> None:
    """Wait for something that may not come."""
    with contextlib.suppress(AssertionError):
        await until(condition, within_s, "")
