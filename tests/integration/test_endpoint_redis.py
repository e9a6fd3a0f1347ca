"""Two replicas of the endpoint that share nothing but a real Redis."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from agent.demo.livekit_server import ensure_binary, livekit_server
from tests.integration.endpoint_fixtures import (
    BACKEND,
    endpoint,
    endpoint_env,
    path_of,
)

pytestmark = pytest.mark.skipif(
    shutil.which("redis-server") is None,
    reason="redis-server is not on PATH: the shared store was not tested",
)


async def test_an_end_on_one_replica_is_known_on_the_other(redis_url: str, tmp_path: Path) -> None:
    async with livekit_server(await ensure_binary(), tmp_path / "log") as livekit:
        envs = [
            endpoint_env(livekit, tmp_path / f"state{i}", REDIS_URL=redis_url) for i in range(2)
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
