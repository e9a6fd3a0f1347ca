"""What Beyond Presence may answer, byte for byte, with no server in between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agent.avatar.beyond_presence import BeyondPresenceAvatar
from agent.core.settings import WorkerSettings
from tests.unit.test_settings import WORKER


def answering(body: bytes) -> BeyondPresenceAvatar:
    """An avatar whose call is answered with 201 and this."""

    async def chunks(_: int) -> AsyncIterator[bytes]:
        yield body

    @asynccontextmanager
    async def post(*_: object, **__: object) -> AsyncIterator[Any]:
        yield SimpleNamespace(status=201, ok=True, content=SimpleNamespace(iter_chunked=chunks))

    avatar = BeyondPresenceAvatar(WorkerSettings.from_env(WORKER), "avatar")
    avatar._http_session = cast(Any, SimpleNamespace(post=post))
    return avatar


async def test_answer_names_the_provider_session() -> None:
    avatar = answering(b'{"id": "abc"}')
    await avatar._post({})
    assert avatar.provider_session_id == "abc"


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"null", b"{}", b"\xff\xfe", b"[" * 60_000, b'{"id":' * 9_000],
    ids=["nothing", "web page", "list", "null", "no id", "bytes", "deep list", "deep object"],
)
async def test_yes_in_words_we_do_not_know_is_a_yes(body: bytes) -> None:
    avatar = answering(body)
    await avatar._post({})
    assert avatar.provider_session_id is None
