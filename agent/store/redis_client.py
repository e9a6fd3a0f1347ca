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

_READ_ONLY: Final = "readonly"
"""In the name of the error; Redis before 7 has it within the error of the script."""
_CLUSTER: Final = (
    "this is a Redis cluster, which is not supported: use one server or a primary with replicas"
)
_CREDENTIALS: Final = (
    "it refuses the user or password in REDIS_URL, or needs one (redis://USER:PASSWORD@host:6379/0)"
)
_NOT_LISTENING: Final = (
    "nothing listens at this address: check host and port in REDIS_URL, and that Redis runs"
)
_NOT_RESOLVED: Final = "its host name is not known: check REDIS_URL and DNS"
_ADVICE: Final = (
    # "Protocol error: unauthenticated multibulk length": our scripts have more than 10 arguments.
    ("unauthenticated", _CREDENTIALS),
    (_READ_ONLY, "this is a replica: set REDIS_URL to the primary"),
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
    ("outofmemory", "its memory is full: raise maxmemory or lower RETENTION_DAYS"),
    ("nopermission", "its user may not do this: allow all commands on greeter:*"),
    ("clusterdown", _CLUSTER),
    ("crossslot", _CLUSTER),
    ("movederror", _CLUSTER),
    ("askerror", _CLUSTER),
    ("invalidresponse", "the server at this address is not Redis, or speaks TLS"),
    ("busyloading", "it is loading its data: wait"),
    ("authentication", _CREDENTIALS),
)
"""Words in the name or in the text of an error, in lower case, and what to do; the first counts."""


def is_read_only(answer: object) -> bool:
    """Whether a replica refused to write."""
    return isinstance(answer, exceptions.ResponseError) and _READ_ONLY in _words_of(answer)


def advice_on(error: Exception) -> str:
    """Return what to do about an error of Redis; empty for an unknown error.

    Redis' own text is not repeated: it may contain keys and values.
    """
    text = _words_of(error)
    return next((advice for words, advice in _ADVICE if words in text), "")


def _words_of(error: Exception) -> str:
    return f"{type(error).__name__} {error}".lower()
