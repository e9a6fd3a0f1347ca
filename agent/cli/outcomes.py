"""`python -m agent outcome | forget SESSION`: print or delete what is stored about a session.

`python -m agent counts` prints the counts over all greetings.

All need the store settings of worker and token endpoint (STATE_DIR or REDIS_URL). To delete
recordings, `forget` needs the RECORDING settings, too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Sequence

from agent.core.errors import ConfigError
from agent.core.settings import RecordingSettings, StoreSettings
from agent.outcomes.aggregate import count_rows
from agent.outcomes.feedback import newest_versions
from agent.recording.bucket import Bucket
from agent.recording.local_folder import LocalFolder
from agent.store import Store, open_store, store_name


def refuse_single_outcomes(settings: StoreSettings) -> None:
    """Show no single greeting with OUTCOME_DETAIL=aggregate.

    Raises:
        ConfigError: with OUTCOME_DETAIL=aggregate.
    """
    if settings.only_counts:
        raise ConfigError(
            "OUTCOME_DETAIL=aggregate: single greetings are not shown; "
            "`python -m agent counts` prints the counts over all greetings"
        )


def print_counts(arguments: Sequence[str]) -> int:
    """Print the counts over all greetings as JSON."""
    argparse.ArgumentParser(
        prog="python -m agent counts",
        description="Print the counts over all greetings since the store was created, as a JSON "
        "array. They contain nothing about single greetings.",
    ).parse_args(arguments)

    async def counts() -> dict[str, float]:
        store = open_store(StoreSettings.from_env(os.environ))
        try:
            return await store.counts()
        finally:
            await store.aclose()

    print(json.dumps(count_rows(asyncio.run(counts())), indent=2))
    return 0


def print_outcomes(arguments: Sequence[str]) -> int:
    """Print the outcomes of a session as JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m agent outcome",
        description="Print the outcomes of a session's greetings as a JSON array, newest last; [] "
        "if nothing is stored.",
    )
    return _run(parser, arguments, _outcomes)


def forget(arguments: Sequence[str]) -> int:
    """Delete everything that is stored about a session."""
    parser = argparse.ArgumentParser(
        prog="python -m agent forget",
        description="Delete everything stored about a session: its outcomes, and its recordings in "
        "the bucket and in RECORDINGS_DIR on this machine. A greeting that is still running then "
        "keeps no outcome and no recording. The exit code is 1 if nothing was found: check the "
        "session and the store, which is printed.",
    )
    return _run(parser, arguments, _forget)


class _Settings(StoreSettings, RecordingSettings):
    """Settings of everything that may store data of a session."""


_Action = Callable[[Store, _Settings, str], Awaitable[tuple[str, int]]]
"""Returns the text to print and the exit code."""


def _run(parser: argparse.ArgumentParser, arguments: Sequence[str], action: _Action) -> int:
    """Run one action on the session that the arguments name.

    Returns:
        The exit code; errors of settings, store and bucket are raised.
    """
    parser.add_argument("session", metavar="SESSION", help="the session's id on your platform")
    session_id: str = parser.parse_args(arguments).session
    settings = _Settings.from_env(os.environ)
    text, code = asyncio.run(_with_store(settings, action, session_id))
    print(text)
    return code


async def _with_store(settings: _Settings, action: _Action, session_id: str) -> tuple[str, int]:
    store = open_store(settings)
    try:
        return await action(store, settings, session_id)
    finally:
        await store.aclose()


async def _outcomes(store: Store, settings: _Settings, session_id: str) -> tuple[str, int]:
    refuse_single_outcomes(settings)
    bodies = newest_versions(await store.outcomes(session_id))
    found = [json.loads(body) for body in bodies]
    return json.dumps(found, indent=2, ensure_ascii=False), 0


async def _forget(store: Store, settings: _Settings, session_id: str) -> tuple[str, int]:
    known = await store.phase(session_id) is not None
    outcomes = len(newest_versions(await store.outcomes(session_id)))
    # The store first: then a greeting that is still running keeps no recording either.
    await store.forget_session(session_id)
    files = await LocalFolder(settings.recordings_dir).delete_session(session_id)
    if (bucket := Bucket.from_settings(settings)) is not None:
        files += await bucket.delete_session(session_id)
    deleted = [f"{_count(outcomes, 'outcome')} deleted"]
    if files:
        deleted.append(f"{_count(files, 'file')} of recordings deleted")
    where = f"Store: {store_name(settings)}"
    if not (known or outcomes or files):
        return f"session {session_id}: nothing found. {where}", 1
    return f"session {session_id}: {', '.join(deleted)}. {where}", 0


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"
