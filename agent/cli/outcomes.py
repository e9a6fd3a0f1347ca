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
from collections.abc import Sequence
from contextlib import aclosing

from agent.core.errors import ConfigError, StoreError
from agent.core.settings import RecordingSettings, StoreSettings
from agent.outcomes.aggregate import count_rows
from agent.outcomes.feedback import newest_versions
from agent.outcomes.outcome import field_in
from agent.recording.bucket import Bucket
from agent.recording.local_folder import LocalFolder
from agent.store import Store, open_store, sqlite_path, store_name


def print_counts(arguments: Sequence[str]) -> int:
    """Print the counts over all greetings as JSON."""
    argparse.ArgumentParser(
        prog="python -m agent counts",
        description="Print the counts over all greetings since the store was created, as a JSON "
        "array. They contain nothing about single greetings.",
    ).parse_args(arguments)

    async def counts() -> dict[str, float]:
        async with aclosing(existing_store(StoreSettings.from_env(os.environ))) as store:
            return await store.counts()

    print(json.dumps(count_rows(asyncio.run(counts())), indent=2))
    return 0


def print_outcomes(arguments: Sequence[str]) -> int:
    """Print the outcomes of a session as JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m agent outcome",
        description="Print the outcomes of a session's greetings as a JSON array, newest last; [] "
        "if nothing is stored. One that cannot be read is printed as a text.",
    )
    add_session(parser)
    bodies = stored_outcomes(parser.parse_args(arguments).session)
    outcomes = [json.loads(body) if field_in(body, "id") else body for body in bodies]
    print(json.dumps(outcomes, indent=2, ensure_ascii=False))
    return 0


def forget(arguments: Sequence[str]) -> int:
    """Delete everything that is stored about a session.

    Returns:
        0, or 1 if nothing was found.
    """
    parser = argparse.ArgumentParser(
        prog="python -m agent forget",
        description="Delete everything stored about a session: its outcomes, and its recordings in "
        "the bucket and in RECORDINGS_DIR on this machine. A greeting that is still running then "
        "keeps no outcome and no recording. The exit code is 1 if nothing was found: check the "
        "session and the store, which is printed.",
    )
    add_session(parser)
    session_id: str = parser.parse_args(arguments).session
    settings = _Settings.from_env(os.environ)
    deleted = asyncio.run(_forget(settings, session_id))
    print(f"session {session_id}: {deleted or 'nothing found'}. Store: {store_name(settings)}")
    return 0 if deleted else 1


def add_session(parser: argparse.ArgumentParser) -> None:
    """Declare the argument SESSION."""
    parser.add_argument("session", metavar="SESSION", help="the session's id on your platform")


def existing_store(settings: StoreSettings) -> Store:
    """Open the store, but create none: it would belong to this user, and be of no use.

    Raises:
        StoreError: there is no store, or it cannot be opened.
    """
    if settings.redis_url is None and not os.path.exists(sqlite_path(settings)):
        raise StoreError(
            f"there is no store at {store_name(settings)}: set STATE_DIR or REDIS_URL as for the "
            "worker and the token endpoint, which create it"
        )
    return open_store(settings)


def stored_outcomes(session_id: str) -> list[str]:
    """Return the outcomes of a session as JSON, newest last.

    Raises:
        ConfigError: OUTCOME_DETAIL=aggregate, which shows no single greeting.
        StoreError: the store cannot be read.
    """
    settings = StoreSettings.from_env(os.environ)
    if settings.only_counts:
        raise ConfigError(
            "OUTCOME_DETAIL=aggregate: single greetings are not shown; "
            "`python -m agent counts` prints the counts over all greetings"
        )

    async def read() -> list[str]:
        async with aclosing(existing_store(settings)) as store:
            return newest_versions(await store.outcomes(session_id))

    return asyncio.run(read())


class _Settings(StoreSettings, RecordingSettings):
    """Settings of everything that may store data of a session."""


async def _forget(settings: _Settings, session_id: str) -> str:
    """Delete all; return what was deleted, or nothing if the session is not known."""
    async with aclosing(existing_store(settings)) as store:
        known = await store.phase(session_id) is not None
        outcomes = len(newest_versions(await store.outcomes(session_id)))
        # The store first: then a greeting that is still running keeps no recording either.
        await store.forget_session(session_id)
    files = await LocalFolder(settings.recordings_dir).delete_session(session_id)
    if (bucket := Bucket.from_settings(settings)) is not None:
        files += await bucket.delete_session(session_id)
    if not (known or outcomes or files):
        return ""
    deleted = [f"{_count(outcomes, 'outcome')} deleted"]
    if files:
        deleted.append(f"{_count(files, 'file')} of recordings deleted")
    return ", ".join(deleted)


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"
