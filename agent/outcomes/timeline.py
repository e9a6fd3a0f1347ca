"""The timeline of a greeting's start: token endpoint, LiveKit, job and page on one scale.

Times are seconds since the request for the greeting; if its time is unknown, since the job started.
The clocks of token endpoint, LiveKit and worker are used as they are, so their differences are part
of the numbers. The page's clock is not used: the page reports how long ago something happened, and
the job subtracts that from the time at which the report arrives.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

MOMENTS: Final = {
    "page_asked": "the page requested a greeting",
    "endpoint_asked": "the token endpoint got the request",
    "room_created": "LiveKit created the room and dispatched the agent",
    "page_ticket": "the page got the answer of the token endpoint",
    "job_began": "a job process got the job",
    "job_joined": "the agent joined the room",
    "store_read": "earlier answers and the avatar budget were read",
    "avatar_asked": "the worker requested an avatar from Beyond Presence",
    "session_started": "STT, LLM and TTS were ready",
    "page_connected": "the page joined the room",
    "trainee_joined": "the agent saw the trainee join",
    "avatar_joined": "the avatar joined the room",
    "page_sound": "the browser allowed the page to play sound",
    "can_hear": "the agent learned that the trainee can hear",
    "opening_begun": "the agent started the opening",
    "first_sound": "the agent's first sound was played",
    "page_audio": "the page played the agent's first sound",
    "page_video": "the page showed the avatar's first frame",
}
"""The recorded moments and their descriptions. A moment that did not happen is missing."""

START_PARTS: Final = {
    "dispatch": ("endpoint_asked", "job_began"),
    "join": ("job_began", "job_joined"),
    "store": ("job_joined", "store_read"),
    "session": ("store_read", "session_started"),
    "avatar": ("avatar_asked", "avatar_joined"),
    "trainee": ("endpoint_asked", "trainee_joined"),
    "sound": ("trainee_joined", "can_hear"),
    "opening": ("ready", "opening_begun"),
    "voice": ("opening_begun", "first_sound"),
}
"""The parts of a start: the moments at which each begins and ends. `ready` is the later one of
`trainee_joined` and `can_hear`. Parts overlap, and one whose steps ran in parallel may be 0."""

_FROM_PAGE: Final = frozenset(name for name in MOMENTS if name.startswith("page_"))
_PAGE_AGE_MAX_MS: Final = 600_000
_REPORT_MAX: Final = 2_000
"""Longest report of the page in characters; a complete one has about 150."""
_SKEW_MAX_S: Final = 120.0
"""If the start seems to have taken longer, the clocks differ too much to be compared."""


class Timeline(BaseModel):
    """When each moment of the start happened for the first time."""

    model_config = ConfigDict(extra="ignore", use_attribute_docstrings=True)

    since: datetime
    """Second 0: the time of the request, or of the start of the job."""
    at_s: dict[str, float] = Field(default_factory=dict)
    """Seconds by name of the moment. They may be negative if clocks differ."""

    @classmethod
    def since_asked(cls, asked_at: float | None, job_began_at: float) -> Timeline:
        """Start a timeline at the time of the request.

        Args:
            asked_at: Unix time of the request by the token endpoint's clock, or None.
            job_began_at: Unix time by the worker's clock.
        """
        if asked_at is None or not 0 <= job_began_at - asked_at + 1 <= _SKEW_MAX_S:
            start = cls(since=_date(job_began_at))
        else:
            start = cls(since=_date(asked_at))
            start.mark("endpoint_asked", asked_at)
        start.mark("job_began", job_began_at)
        return start

    def mark(self, name: str, at: float | None = None) -> None:
        """Record that a moment happened; only the first call for a name counts.

        Args:
            name: one of MOMENTS.
            at: Unix time; None means now.
        """
        offset_s = (time.time() if at is None else at) - self.since.timestamp()
        if name in MOMENTS and abs(offset_s) < 3600:
            self.at_s.setdefault(name, round(offset_s, 3))

    def note_page(self, report: str) -> None:
        """Record a report of the page: a JSON object of names and how many ms ago each happened.

        Unknown names, and values that are not numbers between 0 and ten minutes, are ignored.
        """
        if len(report) > _REPORT_MAX:
            return
        try:
            ages = json.loads(report)
        except (ValueError, RecursionError):
            return
        if not isinstance(ages, dict):
            return
        now = time.time()
        for name in _FROM_PAGE.intersection(ages):
            age_ms = ages[name]
            if (
                isinstance(age_ms, int | float)
                and not isinstance(age_ms, bool)
                and 0 <= age_ms <= _PAGE_AGE_MAX_MS
            ):
                self.mark(name, now - age_ms / 1000)

    def between(self, first: str, then: str) -> float | None:
        """Return the seconds from one moment to another; None if one is missing."""
        if first not in self.at_s or then not in self.at_s:
            return None
        return self.at_s[then] - self.at_s[first]

    def first_word_s(self) -> float | None:
        """Return how long the trainee waited for the first word: from the time at which they were
        in the room and could hear. None if that is not known, for example because the page never
        got permission to play sound, which is the trainee's decision.
        """
        joined, can_hear = self.at_s.get("trainee_joined"), self.at_s.get("can_hear")
        sound = self.at_s.get("first_sound")
        if joined is None or sound is None:
            return None
        if can_hear is None:
            # Only our page reports it; any other client is taken to hear as soon as it is here.
            return None if "page_connected" in self.at_s else max(sound - joined, 0.0)
        return max(sound - max(joined, can_hear), 0.0)

    def start_parts(self) -> dict[str, float]:
        """Return the duration of each part of the start that has ended, in seconds."""
        at = self.at_s
        heard = [at[name] for name in ("trainee_joined", "can_hear") if name in at]
        ready = {**at, "ready": max(heard)} if "trainee_joined" in at else at
        return {
            part: max(ready[then] - ready[first], 0.0)
            for part, (first, then) in START_PARTS.items()
            if first in ready and then in ready
        }


def _date(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
