"""`python -m agent timeline SESSION`: show how long each step of the start took."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError

from agent.cli.outcomes import add_session, stored_outcomes
from agent.core.errors import StoreError
from agent.outcomes.outcome import Outcome
from agent.outcomes.timeline import MOMENTS

_BAR: Final = 40  # characters of the longest start


def main(arguments: Sequence[str]) -> int:
    """Print the timelines of a session's greetings.

    Returns:
        0, or 1 if nothing is stored about the session.
    """
    parser = argparse.ArgumentParser(
        prog="python -m agent timeline",
        description="Show what happened at the start of each greeting of a session, and when. The "
        "clocks of the token endpoint, LiveKit and the worker are compared as they are: keep NTP "
        "running.",
    )
    add_session(parser)
    session_id: str = parser.parse_args(arguments).session
    found = _outcomes(session_id)
    if not found:
        print(f"nothing is stored about session {session_id}", file=sys.stderr)
        return 1
    print("\n\n".join(as_text(outcome) for outcome in found))
    return 0


def as_text(outcome: Outcome) -> str:
    """Format one greeting: a line for each moment, with a bar that starts at the moment before."""
    title = f"greeting {outcome.id} of session {outcome.session_id}, by {outcome.mode or 'no mode'}"
    timeline = outcome.timeline
    if timeline is None or not timeline.at_s:
        return f"{title}: no timeline is stored"
    rows = sorted(timeline.at_s.items(), key=lambda row: row[1])
    first_s, last_s = rows[0][1], rows[-1][1]
    scale = _BAR / max(last_s - first_s, 0.001)
    lines = [f"{title}, since {timeline.since:%Y-%m-%d %H:%M:%S} UTC"]
    before = 0
    for name, at_s in rows:
        here = round((at_s - first_s) * scale)
        bar = " " * before + "█" * (here - before) + ("▏" if here == before else "")
        lines.append(f"{at_s:8.3f} s  {bar:<{_BAR + 1}} {MOMENTS.get(name, name)}")
        before = here
    return "\n".join(lines)


def _outcomes(session_id: str) -> list[Outcome]:
    bodies = stored_outcomes(session_id)
    try:
        return [Outcome.model_validate_json(body) for body in bodies]
    except ValidationError:
        # Its own text would repeat what the trainee said.
        raise StoreError("an outcome of this session cannot be read") from None
