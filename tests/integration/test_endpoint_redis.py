"""Two replicas of the endpoint that share a real Redis."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
import redis.asyncio as redis

from agent.demo.livekit_server import ensure_binary, livekit_server
from agent.store import LimitReached, RedisStore
from agent.token_endpoint.auth.authenticate import Caller, Role
from agent.token_endpoint.rate_limits import limits_of
from tests.support.endpoint_app import settings
from tests.support.endpoint_process import LONG_LIVEKIT_TIMEOUT, endpoint, endpoint_env
from tests.support.endpoint_requests import BACKEND, path_of

pytestmark = pytest.mark.skipif(
    shutil.which("redis-server") is None,
    reason="redis-server is not on PATH: the shared store was not tested",
)


async def test_end_on_one_replica_applies_to_the_other(redis_url: str, tmp_path: Path) -> None:
    async with livekit_server(await ensure_binary(), tmp_path / "log") as livekit:
        envs = [
            endpoint_env(
                livekit, tmp_path / f"state{i}", REDIS_URL=redis_url, **LONG_LIVEKIT_TIMEOUT
            )
            for i in range(2)
        ]
        async with endpoint(envs[0], tmp_path) as one, endpoint(envs[1], tmp_path) as two:
            answers = await asyncio.gather(
                *(e.http.post(path_of("shared"), headers=BACKEND) for e in (one, two))
            )
            assert sorted(a.status_code for a in answers) == [200, 201]
            ended = await one.http.post(path_of("shared", end=True), headers=BACKEND)
            assert ended.status_code == 200
            again = await two.http.post(path_of("shared"), headers=BACKEND)
            assert again.json()["error"]["code"] == "session_ended"


async def test_replicas_count_requests_together(redis_url: str, tmp_path: Path) -> None:
    limited = settings(tmp_path, RATE_LIMIT_TRAINEE="6/minute")
    browser, backend = Caller(role=Role.BROWSER), Caller(role=Role.BACKEND)
    one, two = RedisStore(redis_url), RedisStore(redis_url)
    try:
        asked = [
            store.start(f"{i}", limits=limits_of(limited, "start", f"{i}", browser, "t-1"))
            for i in range(5)
            for store in (one, two)
        ]
        done = await asyncio.gather(*asked, return_exceptions=True)
        refused = [each for each in done if isinstance(each, LimitReached)]
        assert len(refused) == 4
        assert all(1 <= each.wait_s <= 60 for each in refused)
        await one.start("9", limits=limits_of(limited, "start", "9", backend, "t-2"))
        async with redis.Redis.from_url(redis_url, decode_responses=True) as server:
            kept = [key async for key in server.scan_iter("greeter:rate*")]
            assert kept
            assert not [key for key in kept if "t-1" in key], "the key names no trainee"
            assert all([0 < await server.ttl(key) <= 180 for key in kept]), "every key expires"
    finally:
        await one.aclose()
        await two.aclose()
