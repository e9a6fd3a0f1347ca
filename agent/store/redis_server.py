"""The Redis connection, the keys, and how the store runs Lua scripts.

Each method of the store is one script, so it is atomic. Calls that arrive while Redis has not yet
answered the ones before are sent together in the next packet. Scripts use the clock of the Redis
server: the clocks of the workers may differ. No script scans all keys. A single server or a primary
with replicas works; a Redis cluster does not.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import redis.asyncio as redis
from redis.exceptions import DataError, RedisError, ResponseError

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
_LEDGER_KEYS: Final = (
    "greeter:avatar_sessions",  # sorted set: Beyond Presence's id, by the time it was given
    "greeter:avatar_session_seconds",  # hash: id -> seconds in the room
    "greeter:avatar_session_bills",  # hash: id -> seconds at Beyond Presence
    "greeter:avatar_session_unbilled",  # sorted set: id, by the last change of its seconds
    AVATAR_DAYS,
)
COUNTS: Final = "greeter:counts"
"""Hash: name of a count to its value."""
_SHARED_KEYS = [
    f"greeter:{name}"
    for name in (
        "outcome:bodies",  # hash: id -> JSON
        "outcome:sessions",  # hash: id -> session
        "outcome:attempts",  # hash: id -> failed deliveries
        "outcome:open",  # sorted set: id, by the time its lease expires
        "outcome:due",  # sorted set: id, by the time its delivery is due
        "age",  # sorted set: session, by its last change
        "requests",  # sorted set: session, by the time of its last request
        "request:bodies",  # hash: session -> JSON: job_metadata, room_sid, dispatched
    )
]
_NOW = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
"""
_PRELUDE = (
    """
local bodies, sessions, attempts, open, due, age, requests, request_bodies = unpack(KEYS, 1, 8)
"""
    + _NOW
)
_LEDGER_PRELUDE = "local given, seconds_of, bills, unbilled, days = unpack(KEYS)" + _NOW
_SESSION_PRELUDE = (
    _PRELUDE
    + """
local phase, outcomes, dispatch_claim = KEYS[9], KEYS[10], KEYS[11]
local session = ARGV[1]
local function touch() redis.call('ZADD', age, now, session) end
local function delete_session()
  local ids = redis.call('ZRANGE', outcomes, 0, -1)
  for _, id in ipairs(ids) do
    redis.call('HDEL', bodies, id)
    redis.call('HDEL', sessions, id)
    redis.call('HDEL', attempts, id)
    redis.call('ZREM', open, id)
    redis.call('ZREM', due, id)
  end
  redis.call('DEL', phase, outcomes)
  redis.call('ZREM', age, session)
  redis.call('ZREM', requests, session)
  redis.call('HDEL', request_bodies, session)
  return #ids
end
"""
)


def claim_key(name: str) -> str:
    """Return the key of a claim; it expires by itself."""
    return f"greeter:claim:{name}"


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

    async def _eval(self, script: str, keys: Sequence[str], *args: str | float) -> Any:
        """Run a script; KEYS and ARGV are what it calls keys and arguments."""
        return await self._ask("EVAL", script, len(keys), *keys, *args)

    async def _run(self, script: str, *args: str | float) -> Any:
        """Run a script. It can use `now` and the shared keys by their names in _PRELUDE."""
        return await self._eval(_PRELUDE + script, _SHARED_KEYS, *args)

    async def _run_on_ledger(self, script: str, *args: str | float) -> Any:
        """Run a script. It can use `now` and the ledger's keys by their names in the prelude."""
        return await self._eval(_LEDGER_PRELUDE + script, _LEDGER_KEYS, *args)

    async def _run_for(
        self, session_id: str, script: str, *args: str | float, more_keys: Sequence[str] = ()
    ) -> Any:
        """Run a script for one session. It can also use the names in _SESSION_PRELUDE.

        Args:
            more_keys: the last keys of the script.
        """
        keys = [
            *_SHARED_KEYS,
            f"greeter:session:{session_id}",  # hash: phase, reason, since, room_sid
            f"greeter:outcomes:{session_id}",  # sorted set: outcome ids, by age
            claim_key(dispatch_claim(session_id)),
            *more_keys,
        ]
        return await self._eval(_SESSION_PRELUDE + script, keys, session_id, *args)

    async def aclose(self) -> None:
        try:
            async with asyncio.timeout(_ANSWER_S):
                await self._connection.disconnect()
        except (RedisError, OSError, TimeoutError) as e:
            raise StoreError(f"the Redis connection cannot be closed: {type(e).__name__}") from e
