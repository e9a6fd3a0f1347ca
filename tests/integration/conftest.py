"""A real Redis for every test that shares one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.integration.redis_server import redis_server


@pytest.fixture(scope="module")
async def redis_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    async with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url
