"""Redis servers and proxies that are old, strict, full or of the wrong kind."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from redis.exceptions import ConnectionError as RedisConnectionError

from agent.cli.doctor.result import Level
from agent.core.errors import StoreError
from agent.store import RedisStore, check_writable
from agent.store.redis_client import advice_on
from tests.fakes.redis_wire import NO_ANSWER, bulk, fake_redis
from tests.support.doctor_store import check_store


@pytest.mark.parametrize("strict", [False, True], ids=["refuses", "closes"])
async def test_store_works_with_a_redis_that_knows_no_hello(strict: bool) -> None:
    answers = {"EVALSHA": "$5\r\nended\r\n", "SELECT": "+OK\r\n"}
    async with fake_redis(answers, strict=strict) as redis:
        store = RedisStore(redis.url)
        assert await store.phase("7") == "ended"
        await store.aclose()
        assert redis.commands == ["EVALSHA"]


async def test_store_authenticates_at_a_redis_that_has_no_users() -> None:
    answers = {"EVALSHA": "$-1\r\n", "AUTH secret": "+OK\r\n"}
    async with fake_redis(answers) as redis:
        store = RedisStore(redis.url.replace("redis://", "redis://:secret@"))
        assert await store.phase("7") is None
        await store.aclose()
        assert "HELLO" not in redis.commands


@pytest.mark.parametrize(
    ("answer", "advice"),
    [
        ("-OOM command not allowed when used memory > 'maxmemory'", "raise maxmemory"),
        ("-NOAUTH Authentication required.", "user or password in REDIS_URL"),
        ("-ERR Protocol error: unauthenticated multibulk length", "or needs one"),
        ("-WRONGPASS invalid username-password pair", "user or password in REDIS_URL"),
        ("-READONLY You can't write against a read only replica.", "to the primary"),
        (
            "-ERR Error running script: @user_script: -READONLY You can't write against a replica",
            "to the primary",
        ),
        ("-MISCONF Redis is configured to save RDB snapshots", "cannot save to its disk"),
        ("-NOPERM this user has no permissions", "its user may not do this"),
        ("-MOVED 3999 127.0.0.1:6381", "Redis cluster"),
        ("-CROSSSLOT Keys in request don't hash to the same slot", "Redis cluster"),
        ("HTTP/1.1 400 Bad Request", "is not Redis"),
        ("-CLUSTERDOWN The cluster is down", "Redis cluster"),
        ("-LOADING Redis is loading the dataset in memory", "it is loading its data"),
        ("-ERR unknown command 'EVALSHA'", "does not know EVAL"),
        (
            "-ERR Write commands not allowed after non deterministic commands",
            "older than Redis 5",
        ),
    ],
)
async def test_store_error_says_what_to_do_and_repeats_no_key(answer: str, advice: str) -> None:
    key = "" if answer.startswith("-MOVED") else " greeter:session:7"
    async with fake_redis({"EVALSHA": f"{answer}{key}\r\n"}) as redis:
        store = RedisStore(redis.url)
        with pytest.raises(StoreError, match=advice) as failure:
            await store.phase("7")
        await store.aclose()
    assert "greeter:session" not in str(failure.value)


async def test_store_reconnects_after_a_failover() -> None:
    """The old primary keeps its connections, and refuses to write."""
    async with fake_redis(
        {"EVALSHA": "-READONLY You can't write against a read only replica.\r\n"}
    ) as redis:
        store = RedisStore(redis.url)
        with pytest.raises(StoreError, match="to the primary"):
            await store.mark_met("7")
        redis.answers["EVALSHA"] = "$-1\r\n"
        await store.mark_met("7")
        await store.aclose()
    assert redis.connections == 2


async def test_store_reconnects_if_redis_did_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.store.redis_server._ANSWER_S", 0.3)
    async with fake_redis({"EVALSHA": NO_ANSWER}) as redis:
        store = RedisStore(redis.url)
        with pytest.raises(StoreError, match="TimeoutError"):
            await store.mark_met("7")
        redis.answers["EVALSHA"] = "$5\r\nended\r\n"
        assert await store.phase("7") == "ended"
        await store.aclose()
    assert redis.connections == 2, "the late answer would belong to another call"


async def test_doctor_finds_a_redis_that_cannot_be_written(tmp_path: Path) -> None:
    answers = {
        "EVALSHA": "$-1\r\n",
        "EVALSHA 1000": "-READONLY You can't write against a read only replica.\r\n",
    }
    async with fake_redis(answers) as redis:
        found = await check_store(tmp_path, REDIS_URL=redis.url)
    assert list(found) == ["store.usable"]
    assert found["store.usable"].level is Level.FAILED
    assert found["store.usable"].fix == "this is a replica: set REDIS_URL to the primary"


async def test_store_error_names_the_protocol_if_resp3_was_chosen() -> None:
    async with fake_redis({"EVALSHA": "$-1\r\n"}) as redis:
        store = RedisStore(f"{redis.url}?protocol=3")
        with pytest.raises(StoreError, match=r"set \?protocol=2"):
            await store.phase("7")
        await store.aclose()


@pytest.mark.parametrize(
    ("server", "memory", "level", "said"),
    [
        ("redis_version:7.2.4", "maxmemory_policy:noeviction", Level.OK, "Redis 7.2.4"),
        ("redis_version:4.0.14", "", Level.FAILED, "needs 5 or later"),
        ("redis_version:7.2.4\r\nredis_mode:cluster", "", Level.FAILED, "Redis cluster"),
        ("redis_version:7.2.4", "maxmemory_policy:allkeys-lru", Level.WARNING, "allkeys-lru"),
        (
            "redis_version:7.2.4",
            "used_memory:90\r\nmaxmemory:100\r\nmaxmemory_policy:noeviction",
            Level.WARNING,
            "90% of its maxmemory",
        ),
    ],
)
async def test_doctor_checks_version_eviction_and_memory_of_redis(
    tmp_path: Path, server: str, memory: str, level: Level, said: str
) -> None:
    answers = {
        "EVALSHA": "$-1\r\n",
        "INFO server": bulk(f"# Server\r\nrun_id:abc\r\n{server}\r\n"),
        "INFO memory": bulk(f"# Memory\r\n{memory}\r\n"),
    }
    async with fake_redis(answers) as redis:
        found = await check_store(tmp_path, REDIS_URL=redis.url)
    assert found["store.redis"].level is level
    assert said in found["store.redis"].what
    assert found["store.fingerprint"].level is Level.OK


async def test_doctor_skips_the_configuration_of_a_redis_that_refuses_info(tmp_path: Path) -> None:
    async with fake_redis({"EVALSHA": "$-1\r\n"}) as redis:
        found = await check_store(tmp_path, REDIS_URL=redis.url)
    assert found["store.usable"].level is Level.OK
    assert found["store.redis"].level is Level.SKIPPED
    assert found["store.fingerprint"].level is Level.SKIPPED


async def test_full_redis_is_not_writable() -> None:
    full = "-OOM command not allowed when used memory > 'maxmemory'\r\n"
    async with fake_redis({"EVALSHA": full}) as redis:
        store = RedisStore(redis.url)
        with pytest.raises(StoreError, match="raise maxmemory"):
            await check_writable(store)
        await store.aclose()


@pytest.mark.parametrize(
    "options",
    ["ssl=true", "sslmode=require", "ssl_ca_certs=/ca.pem", "retry=3"],
)
async def test_store_refuses_options_that_redis_does_not_know(options: str) -> None:
    with pytest.raises(StoreError, match="begin with rediss://") as refused:
        RedisStore(f"redis://:secret@127.0.0.1:6379/0?{options}")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("redis://127.0.0.1:1/0", "nothing listens"),
        ("rediss://127.0.0.1:1/0?ssl_ca_certs=/missing.pem", "does not exist"),
    ],
)
async def test_store_says_why_there_is_no_connection(url: str, advice: str) -> None:
    store = RedisStore(url)
    with pytest.raises(StoreError, match=advice):
        await store.phase("7")
    await store.aclose()


@pytest.mark.parametrize(
    "text", ["Name or service not known", "Temporary failure in name resolution"]
)
def test_advice_names_an_unknown_host(text: str) -> None:
    assert "host name" in advice_on(
        RedisConnectionError(f"Error -2 connecting to redis:6379. {text}.")
    )


def self_signed_certificate(folder: Path) -> Path:
    """Return a file with a key and its certificate for `localhost`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file


async def test_store_says_that_the_certificate_is_not_trusted(tmp_path: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(self_signed_certificate(tmp_path))
    server = await asyncio.start_server(
        lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context
    )
    async with server:
        port = server.sockets[0].getsockname()[1]
        store = RedisStore(f"rediss://127.0.0.1:{port}/0")
        with pytest.raises(StoreError, match="not trusted"):
            await store.phase("7")
        await store.aclose()
