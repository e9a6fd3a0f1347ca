"""`python -m agent outcome | forget SESSION`: what is held of a session, and its end.

They use the store that worker and endpoint use (STATE_DIR or REDIS_URL), and need no key; to forget
recordings as well, those of the RECORDING settings.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Sequence

from agent.core.errors import ConfigError, RecordingError, StoreError
from agent.core.settings import RecordingSettings, StoreSettings
from agent.recording.bucket import Bucket
from agent.recording.local_folder import LocalFolder
from agent.store import Store, open_store


def main(arguments: Sequence[str]) -> int:
    """Run one command: 0 done, 1 store, disk or bucket fails, 2 misconfigured or misspelt."""
    parser = argparse.ArgumentParser(prog=f"python -m agent {arguments[0]}", add_help=True)
    parser.description = _DESCRIPTIONS[arguments[0]]
    parser.add_argument("session", metavar="SESSION", help="the platform's id of the session")
    session_id: str = parser.parse_args(arguments[1:]).session
    try:
        settings = _Settings.from_env(os.environ)
        print(asyncio.run(_with_store(settings, COMMANDS[arguments[0]], session_id)))
    except ConfigError as e:
        print(f"{parser.prog}: {e}", file=sys.stderr)
        return 2
    except (StoreError, RecordingError) as e:
        print(f"{parser.prog}: {e}", file=sys.stderr)
        return 1
    return 0


class _Settings(StoreSettings, RecordingSettings):
    """Where something of a session may be held."""


async def _with_store(
    settings: _Settings,
    command: Callable[[Store, _Settings, str], Awaitable[str]],
    session_id: str,
) -> str:
    store = open_store(settings)
    try:
        return await command(store, settings, session_id)
    finally:
        await store.aclose()


async def _outcome(store: Store, _: _Settings, session_id: str) -> str:
    found = [json.loads(body) for body in await store.outcomes(session_id)]
    return json.dumps(found, indent=2, ensure_ascii=False)


async def _forget(store: Store, settings: _Settings, session_id: str) -> str:
    # First the store: a greeting that is still going on then keeps no recording either.
    outcomes = await store.forget_session(session_id)
    files = await LocalFolder(settings.recordings_dir).delete_session(session_id)
    if (bucket := Bucket.from_settings(settings)) is not None:
        files += await bucket.delete_session(session_id)
    said = [f"{_count(outcomes, 'outcome')} deleted"]
    if files:
        said.append(f"{_count(files, 'file')} of recordings deleted")
    return f"session {session_id} is forgotten: {', '.join(said)}"


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"


COMMANDS = {"outcome": _outcome, "forget": _forget}
_DESCRIPTIONS = {
    "outcome": "Prints the outcomes of a session's greetings as a JSON array, the newest last.",
    "forget": "Deletes all that is held of a session. A greeting that is still going on writes no "
    "more of its outcome, and keeps no recording. Recordings are deleted from the bucket, and from "
    "RECORDINGS_DIR on this machine.",
}
