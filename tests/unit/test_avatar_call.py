"""What Beyond Presence may answer, without a server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from livekit.agents import utils

from agent.avatar.beyond_presence import BeyondPresenceAvatar
from agent.core.settings import WorkerSettings
from tests.support.environments import WORKER


def answering(monkeypatch: pytest.MonkeyPatch, body: bytes) -> BeyondPresenceAvatar:
    """An avatar whose call is answered with status 201 and this body."""

    @asynccontextmanager
    async def post(*_: object, **__: object) -> AsyncIterator[Any]:
        content = asyncio.StreamReader()
        content.feed_data(body)
        content.feed_eof()
        yield SimpleNamespace(status=201, ok=True, content=content)

    session = SimpleNamespace(post=post)
    monkeypatch.setattr(utils.http_context, "http_session", lambda: session)
    return BeyondPresenceAvatar(WorkerSettings.from_env(WORKER), "avatar")


async def test_call_keeps_the_provider_session_id(monkeypatch: pytest.MonkeyPatch) -> None:
    avatar = answering(monkeypatch, b'{"id": "abc"}')
    await avatar._post({})
    assert avatar.provider_session_id == "abc"


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"null", b"{}", b"\xff\xfe", b"[" * 60_000, b'{"id":' * 9_000],
    ids=["nothing", "web page", "list", "null", "no id", "bytes", "deep list", "deep object"],
)
async def test_call_accepts_a_success_without_a_readable_body(
    monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    avatar = answering(monkeypatch, body)
    await avatar._post({})
    assert avatar.provider_session_id is None
