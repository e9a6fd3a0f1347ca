"""The timeline of a greeting's start: endpoint, LiveKit, job and page on one scale.

Times are seconds since the greeting was asked for; where nobody said when that was, since the job
began. They come from several clocks: the endpoint's, LiveKit's and the worker's are taken as they
are, so whatever these differ by is in the numbers. The page's clock is not trusted: it reports how
long ago something was, counted back from when its report arrives.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

MOMENTS: Final = {
    "page_asked": "the page asked for a ticket",
    "endpoint_asked": "the endpoint was asked for a greeting",
    "room_created": "LiveKit had the room, and its dispatch",
    "page_ticket": "the page had its ticket",
    "job_began": "a job process had the job",
    "job_joined": "the guide was in the room",
    "store_read": "earlier answers and the day's budget were read",
    "avatar_asked": "Beyond Presence was asked for an avatar",
    "session_started": "ears and voice were ready",
    "page_connected": "the page was in the room",
    "trainee_joined": "the guide saw the trainee",
    "avatar_joined": "the avatar was in the room",
    "page_sound": "the page may play sound",
    "opening_begun": "the opening was sent on its way",
    "first_sound": "the guide made the first sound",
    "page_audio": "the page played the guide's sound",
    "page_video": "the page showed the avatar's first picture",
}
"""All that is noted, and what it means; what did not happen is missing."""

_FROM_PAGE: Final = frozenset(name for name in MOMENTS if name.startswith("page_"))
_PAGE_AGE_MAX_MS: Final = 600_000
_REPORT_MAX: Final = 2_000
"""Characters of a page's report; a whole one has about 150."""
_SKEW_MAX_S: Final = 120.0
"""A start that seems to have taken longer says that two clocks differ."""


class Timeline(BaseModel):
    """When what happened, the first time it did."""

    model_config = ConfigDict(extra="ignore", use_attribute_docstrings=True)

    since: datetime
    """Second 0: the greeting was asked for, or the job began."""
    at_s: dict[str, float] = Field(default_factory=dict)
    """By the names of `agent.outcomes.timeline.MOMENTS`; before second 0 where clocks differ."""

    @classmethod
    def since_asked(cls, asked_at: float | None, job_began_at: float) -> Timeline:
        """Args: both as seconds since the epoch; `asked_at` is the endpoint's clock."""
        if asked_at is None or not 0 <= job_began_at - asked_at + 1 <= _SKEW_MAX_S:
            start = cls(since=_date(job_began_at))
        else:
            start = cls(since=_date(asked_at))
            start.mark("endpoint_asked", asked_at)
        start.mark("job_began", job_began_at)
        return start

    def mark(self, name: str, at: float | None = None) -> None:
        """Note that something happened now, or then; only the first time counts.

        Args:
            name: one of MOMENTS.
            at: seconds since the epoch.
        """
        offset_s = (time.time() if at is None else at) - self.since.timestamp()
        if name in MOMENTS and abs(offset_s) < 3600:
            self.at_s.setdefault(name, round(offset_s, 3))

    def note_page(self, report: str) -> None:
        """Note what the page reports: a JSON object of names and how many ms ago each was.

        Whatever is not one of the page's moments, or no number within ten minutes, is ignored.
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
        """Seconds from one moment to another; None where one is missing."""
        if first not in self.at_s or then not in self.at_s:
            return None
        return self.at_s[then] - self.at_s[first]


def _date(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
