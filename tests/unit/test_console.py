"""The job of the spoken console, without a terminal and without sound."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit.agents import NOT_GIVEN, APIConnectionError

from agent.cli.console import _run_job
from tests.support.environments import RECOGNITION


async def test_spoken_console_shows_no_traceback_of_a_provider(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [caplog.handler])
    for name, value in RECOGNITION.items():
        monkeypatch.setenv(name, value)
    await _run_job(cast(Any, SimpleNamespace(room=NOT_GIVEN)))
    try:
        raise APIConnectionError
    except APIConnectionError:
        logging.getLogger("livekit.agents").exception("a reply failed")
    assert "a reply failed" not in caplog.messages
