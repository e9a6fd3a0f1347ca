"""The Redis connection, the keys, and how the store runs the functions of `redis.lua`.

Calls that arrive while Redis has not yet answered the ones before are sent together in the next
packet. No function scans all keys. A single server or a primary with replicas works; a Redis
cluster does not.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import redis.asyncio as redis
from redis.exceptions import DataError, NoScriptError, RedisError, ResponseError

from agent.core.errors import StoreError
from agent.store.batches import Batches
from agent.store.interface import dispatch_claim
from agent.store.redis_client import OPTIONS, advice_on, is_read_only

_NOT_AN_OPTION: Final = (
    "an option after the ? in REDIS_URL is unknown or has a wrong value; for TLS, begin with "
    "rediss:// and leave out ?ssl="
)
_NOT_AN_ADDRESS: Final = (
    "REDIS_URL must look like redis://host:6379/0; write special characters of a password as %40 "
    "(@), %2F (/) and %23 (#)"
)
_CONNECT_S = 2.0
"""Longest wait for a connection."""
_ANSWER_S = 2.0
"""Longest wait for an answer. A connection on which none came is closed."""

AVATAR_DAYS: Final = "greeter:avatar_days"
"""Hash: UTC day to seconds."""
DUE_OUTCOMES: Final = "greeter:outcome:due"
"""Sorted set: id, by the time its delivery is due."""
_KEYS: Final = (
    "greeter:outcome:bodies",  # hash: id -> JSON
    "greeter:outcome:sessions",  # hash: id -> session
    "greeter:outcome:attempts",  # hash: id -> failed deliveries
    "greeter:outcome:open",  # sorted set: id, by the time its lease expires
    DUE_OUTCOMES,
    "greeter:age",  # sorted set: session, by its last change
    "greeter:requests",  # sorted set: session, by the time of its last request
    "greeter:request:bodies",  # hash: session -> JSON: job_metadata, room_sid, dispatched
    "greeter:avatar_sessions",  # sorted set: Beyond Presence's id, by the time it was given
    "greeter:avatar_session_seconds",  # hash: id -> seconds in the room
    "greeter:avatar_session_bills",  # hash: id -> seconds at Beyond Presence
    "greeter:avatar_session_unbilled",  # sorted set: id, by the last change of its seconds
    AVATAR_DAYS,
    "greeter:counts",  # hash: name of a count -> its value
)
_SCRIPT: Final = Path(__file__).with_name("redis.lua").read_text(encoding="utf-8")
_SCRIPT_SHA: Final = hashlib.sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()


def lease_key(name: str) -> str:
    """Return the key of a lease or claim; it expires by itself."""
    return f"greeter:lease:{name}"


Command = tuple[str | float, ...]
"""A command of Redis with its arguments."""


def _is_address(url: str) -> bool:
    """Refuse what redis-py would misread: a password with @, / or #, and a name as database."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme == "unix":
        return True
    return not parts.fragment and re.fullmatch(r"/?\d*", parts.path) is not None


class RedisServer:
    """A Redis server that all workers and token endpoints share.

    Raises:
        StoreError: the URL is not a Redis address.
    """

    def __init__(self, url: str) -> None:
        if not _is_address(url):
            raise StoreError(_NOT_AN_ADDRESS)
        try:
            self._pool = redis.ConnectionPool.from_url(
                url,
                decode_responses=True,
                # `_send` limits the time. With a limit of its own, redis-py starts a task and two
                # timers for each round trip.
                socket_timeout=None,
                socket_connect_timeout=_CONNECT_S,
                **OPTIONS,
            )
        except ValueError as e:
            # Do not repeat the address: it may contain a password.
            raise StoreError(_NOT_AN_ADDRESS) from e
        try:
            # The only connection: batches follow one another. redis-py's client would take one from
            # the pool for each batch, which takes as long as the batch itself.
            self._connection = self._pool.make_connection()  # type: ignore[no-untyped-call]
        except (TypeError, ValueError, AttributeError, RedisError) as e:
            raise StoreError(_NOT_AN_OPTION) from e
        self._commands = Batches[Command](self._send)

    async def _ask(self, *command: str | float) -> Any:
        """Send a command and return the answer."""
        try:
            async with asyncio.timeout(_CONNECT_S + _ANSWER_S):
                return await self._commands.call(command)
        except (RedisError, OSError, TimeoutError) as e:
            advice = advice_on(e)
            raise StoreError(
                f"Redis cannot be reached or refused: {type(e).__name__}"
                + (f"; {advice}" if advice else "")
            ) from e

    async def _send(self, commands: Sequence[Command]) -> list[Any]:
        """Send commands in one packet; return what Redis answered to each, errors included."""
        connection = self._connection
        wait_s = _ANSWER_S if connection.is_connected else _CONNECT_S + _ANSWER_S
        try:
            async with asyncio.timeout(wait_s):
                await self._pool.ensure_connection(connection)
                await connection.send_packed_command(connection.pack_commands(commands))
                answers = [await self._answer() for _ in commands]
        except DataError:
            raise  # one command cannot be encoded, and nothing was sent
        except (RedisError, OSError, TimeoutError) as e:
            return [e] * len(commands)
        if any(map(is_read_only, answers)):
            # After a failover the address leads to the new primary, but an open connection does
            # not: the old primary is a replica now.
            await connection.disconnect()
        return answers

    async def _answer(self) -> Any:
        try:
            return await self._connection.read_response()
        except ResponseError as e:
            return e

    async def _run(self, name: str, *args: str | float, more_keys: Sequence[str] = ()) -> Any:
        """Run a function of `redis.lua` that is not about one session."""
        return await self._run_for("", name, *args, more_keys=more_keys)

    async def _run_for(
        self, session_id: str, name: str, *args: str | float, more_keys: Sequence[str] = ()
    ) -> Any:
        """Run a function of `redis.lua` for one session.

        Args:
            more_keys: the last keys.
        """
        keys = [
            *_KEYS,
            f"greeter:session:{session_id}",  # hash: phase, reason, since, room_sid
            f"greeter:outcomes:{session_id}",  # sorted set: outcome ids, by age
            lease_key(dispatch_claim(session_id)),
            *more_keys,
        ]
        call = (len(keys), *keys, name, session_id, *args)
        try:
            return await self._ask("EVALSHA", _SCRIPT_SHA, *call)
        except StoreError as e:
            if not isinstance(e.__cause__, NoScriptError):
                raise
        return await self._ask("EVAL", _SCRIPT, *call)  # Redis keeps the script from now on

    async def aclose(self) -> None:
        try:
            async with asyncio.timeout(_ANSWER_S):
                await self._connection.disconnect()
        except (RedisError, OSError, TimeoutError) as e:
            raise StoreError(f"the Redis connection cannot be closed: {type(e).__name__}") from e
