"""`python -m agent outcome | forget SESSION`: what is held of a session, and its end.

They use the store that worker and endpoint use (STATE_DIR or REDIS_URL), and need no key.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Sequence

from agent.errors import ConfigError, StoreError
from agent.settings import StoreSettings
from agent.store import Store, open_store


def main(arguments: Sequence[str]) -> int:
    """Run one command: 0 done, 1 the store cannot be used, 2 misconfigured or not understood."""
    parser = argparse.ArgumentParser(prog=f"python -m agent {arguments[0]}", add_help=True)
    parser.description = _DESCRIPTIONS[arguments[0]]
    parser.add_argument("session", metavar="SESSION", help="the platform's id of the session")
    session_id: str = parser.parse_args(arguments[1:]).session
    try:
        settings = StoreSettings.from_env(os.environ)
        print(asyncio.run(_with_store(settings, COMMANDS[arguments[0]], session_id)))
    except ConfigError as e:
        print(f"{parser.prog}: {e}", file=sys.stderr)
        return 2
    except StoreError as e:
        print(f"{parser.prog}: {e}", file=sys.stderr)
        return 1
    return 0


async def _with_store(
    settings: StoreSettings, command: Callable[[Store, str], Awaitable[str]], session_id: str
) -> str:
    store = open_store(settings)
    try:
        return await command(store, session_id)
    finally:
        await store.aclose()


async def _outcome(store: Store, session_id: str) -> str:
    found = [json.loads(body) for body in await store.outcomes(session_id)]
    return json.dumps(found, indent=2, ensure_ascii=False)


async def _forget(store: Store, session_id: str) -> str:
    count = await store.forget_session(session_id)
    outcomes = "1 outcome" if count == 1 else f"{count} outcomes"
    return f"session {session_id} is forgotten: {outcomes} deleted"


COMMANDS = {"outcome": _outcome, "forget": _forget}
_DESCRIPTIONS = {
    "outcome": "Prints the outcomes of a session's greetings as a JSON array, the newest last.",
    "forget": "Deletes all that is held of a session. A greeting that is still going on writes no "
    "more of its outcome.",
}
