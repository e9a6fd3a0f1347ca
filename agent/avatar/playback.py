"""What the avatar has to play, and has played: a line is one `Segment`, a part of it one `Run`."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final

from agent.avatar.kept_audio import KeptAudio

_EARLY_S: Final = 1.0
"""A report that the segment was played is ignored if more than this is left to play."""
_NEARLY_OVER_S: Final = 0.15
"""A segment with less than this left is not paused."""


@dataclass
class Segment:
    """One line, or a part of it that livekit-agents sends on its own."""

    audio: KeptAudio = field(default_factory=KeptAudio)
    complete: bool = False
    """True if no more audio is added."""
    interrupted: bool = False
    """True if the rest must not be played."""
    started: bool = False
    paused: bool = False
    """True if it was paused at least once."""
    heard_s: float = 0.0
    """The position up to which it was heard when the avatar was last told to stop."""

    @property
    def is_over(self) -> bool:
        """True if nothing audible is left to play."""
        return self.complete and self.audio.is_silent_from(self.heard_s)

    def next_run(self) -> Run:
        from_s = self.audio.resume_point(self.heard_s)
        return Run(from_s, sent_s=from_s)


@dataclass
class Run:
    """Audio of a segment that the avatar is playing: all of it, or the rest after a pause."""

    from_s: float
    sent_s: float
    """The position in the segment up to which audio was sent."""
    started_at: float = field(default_factory=lambda: time.monotonic())
    closed: bool = False
    """True if all of it was sent."""
    refuses_to_stop: bool = False
    """True if the avatar did not confirm the command to pause: let it play on."""
    stopped: asyncio.Future[float] | None = None
    """Set while the avatar is being stopped; its result is the position in the run."""

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self.started_at

    @property
    def length_s(self) -> float:
        """Seconds of audio that were sent."""
        return self.sent_s - self.from_s

    @property
    def played_s(self) -> float:
        return min(self.elapsed_s, self.length_s)

    @property
    def left_s(self) -> float:
        """Seconds that are left to play, by the clock; negative after its end."""
        return self.length_s - self.elapsed_s

    @property
    def can_pause(self) -> bool:
        """False if it is nearly over, or if the avatar does not stop."""
        nearly_over = self.closed and self.left_s < _NEARLY_OVER_S
        return not self.refuses_to_stop and not nearly_over

    @property
    def may_be_over(self) -> bool:
        """True if a report that it was played is about this run, not about an earlier one."""
        return self.closed and self.left_s <= _EARLY_S

    @property
    def should_have_been_heard(self) -> bool:
        """False if it is so short that it may be silent."""
        return self.length_s > _EARLY_S

    def report_stop(self, position_s: float, *, interrupted: bool) -> None:
        assert self.stopped is not None
        if not self.stopped.done():
            heard_s = min(position_s, self.elapsed_s) if interrupted else self.length_s
            self.stopped.set_result(min(max(heard_s, 0.0), self.length_s))
