"""`python -m agent timeline SESSION`: where the seconds of a session's start went."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError

from agent.core.errors import ConfigError, StoreError
from agent.core.settings import StoreSettings
from agent.outcomes.record import Outcome
from agent.outcomes.timeline import MOMENTS, Timeline
from agent.store import open_store

COMMAND: Final = "timeline"
_BAR: Final = 40  # characters of the longest start


def main(arguments: Sequence[str]) -> int:
    """Print the timelines: 0 done, 1 none, or no store to read, 2 misconfigured."""
    parser = argparse.ArgumentParser(prog=f"python -m agent {COMMAND}")
    parser.description = (
        "Prints what happened in the start of each greeting of a session, and when, as bars. "
        "Several clocks are compared: what they differ by is in the numbers."
    )
    parser.add_argument("session", metavar="SESSION", help="the platform's id of the session")
    parser.add_argument("--json", action="store_true", help="for a program: an array, newest last")
    options = parser.parse_args(arguments)
    try:
        settings = StoreSettings.from_env(os.environ)
        found = asyncio.run(_outcomes(settings, options.session))
    except ConfigError as e:
        print(f"{parser.prog}: {e}", file=sys.stderr)
        return 2
    except StoreError as e:
        print(f"{parser.prog}: {e}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps([_as_json(outcome) for outcome in found], indent=2))
    elif found:
        print("\n\n".join(as_text(outcome) for outcome in found))
    if not found:
        print(f"{parser.prog}: nothing is held of session {options.session}", file=sys.stderr)
        return 1
    return 0


def as_text(outcome: Outcome) -> str:
    """One greeting: a line for each moment, its bar reaching from the one before."""
    title = f"greeting {outcome.id} of session {outcome.session_id}, by {outcome.mode or 'nobody'}"
    timeline = outcome.timeline
    if timeline is None or not timeline.at_s:
        return f"{title}: no timeline was kept"
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


def _as_json(outcome: Outcome) -> dict[str, object]:
    timeline: Timeline | None = outcome.timeline
    return {
        "id": outcome.id,
        "session_id": outcome.session_id,
        "mode": outcome.mode,
        "timeline": timeline.model_dump(mode="json") if timeline else None,
    }


async def _outcomes(settings: StoreSettings, session_id: str) -> list[Outcome]:
    store = open_store(settings)
    try:
        bodies = await store.outcomes(session_id)
    finally:
        await store.aclose()
    try:
        return [Outcome.model_validate_json(body) for body in bodies]
    except ValidationError:
        # Its own text would repeat what was said.
        raise StoreError("an outcome of this session cannot be read") from None
