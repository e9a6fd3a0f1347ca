"""Connection options for Redis, and advice for the operator on its errors."""

from __future__ import annotations

from typing import Any, Final

from redis import exceptions

OPTIONS: Final[dict[str, Any]] = {
    # RESP2, which every Redis and proxy speaks. redis-py's default, RESP3, starts with HELLO 3,
    # which Redis before 6 and some proxies refuse (https://github.com/redis/redis-py/issues/4089).
    # `?protocol=3` in REDIS_URL still wins.
    "protocol": 2,
    # No CLIENT SETINFO: some proxies close the connection on unknown commands.
    "driver_info": None,
}
"""For `redis.asyncio.Redis.from_url` and `ConnectionPool.from_url`."""

_REPLICA: Final = "this is a replica: set REDIS_URL to the primary"
_IN_SCRIPT: Final = "-readonly"
"""Redis before 7 says so within the error of the script."""
_CLUSTER: Final = (
    "this is a Redis cluster, which is not supported: use one server or a primary with replicas"
)
_CREDENTIALS: Final = (
    "it refuses the user or password in REDIS_URL, or needs one (redis://USER:PASSWORD@host:6379/0)"
)
_ADVICE: Final[tuple[tuple[type[Exception], str], ...]] = (
    (exceptions.OutOfMemoryError, "its memory is full: raise maxmemory or lower RETENTION_DAYS"),
    (exceptions.ReadOnlyError, _REPLICA),
    (exceptions.NoPermissionError, "its user may not do this: allow all commands on greeter:*"),
    (exceptions.ClusterError, _CLUSTER),
    (exceptions.AskError, _CLUSTER),
    (exceptions.ClusterCrossSlotError, _CLUSTER),
    (exceptions.InvalidResponse, "the server at this address is not Redis, or speaks TLS"),
    (exceptions.BusyLoadingError, "it is loading its data: wait"),
    (exceptions.AuthenticationError, _CREDENTIALS),
)
_NOT_LISTENING: Final = (
    "nothing listens at this address: check host and port in REDIS_URL, and that Redis runs"
)
_NOT_RESOLVED: Final = "its host name is not known: check REDIS_URL and DNS"
_IN_TEXT: Final = (
    # "Protocol error: unauthenticated multibulk length": our scripts have more than 10 arguments.
    ("unauthenticated", _CREDENTIALS),
    (_IN_SCRIPT, _REPLICA),
    ("misconf", "it cannot save to its disk: check its log and free some space"),
    ("hello", "it or a proxy does not speak RESP3: set ?protocol=2 at the end of REDIS_URL"),
    ("noproto", "it or a proxy does not speak RESP3: set ?protocol=2 at the end of REDIS_URL"),
    ("non deterministic", "it is older than Redis 5, which is not supported: upgrade it"),
    ("unknown command", "a proxy or an old Redis does not know EVAL: connect to Redis 5 or later"),
    ("max number of clients", "it has too many connections: raise maxclients"),
    (
        "certificate_verify_failed",
        "its TLS certificate has expired, is not trusted, or is for another host: add "
        "?ssl_ca_certs=/path/to/ca.pem to REDIS_URL or set SSL_CERT_FILE, and use the host name "
        "of the certificate",
    ),
    (
        "certificate_required",
        "it needs a client certificate: add ?ssl_certfile=…&ssl_keyfile=… to REDIS_URL",
    ),
    ("connect call failed", _NOT_LISTENING),
    ("connection refused", _NOT_LISTENING),
    ("name or service not known", _NOT_RESOLVED),
    ("name resolution", _NOT_RESOLVED),
    (
        "no such file",
        "a file that REDIS_URL names does not exist: check ssl_ca_certs or the socket",
    ),
    ("db index", "it has no such database: change the number at the end of REDIS_URL"),
)


def is_read_only(error: object) -> bool:
    """Whether a replica refused to write."""
    return isinstance(error, exceptions.ReadOnlyError) or (
        isinstance(error, exceptions.ResponseError) and _IN_SCRIPT in str(error).lower()
    )


def advice_on(error: Exception) -> str:
    """Return what to do about an error of Redis; empty for an unknown error.

    Redis' own text is not repeated: it may contain keys and values.
    """
    text = str(error).lower()
    for words, advice in _IN_TEXT:
        if words in text:
            return advice
    return next((advice for kind, advice in _ADVICE if isinstance(error, kind)), "")
