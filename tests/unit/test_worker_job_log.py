"""A job's log of an error, as LiveKit's queue carries it to the worker that writes it."""

from __future__ import annotations

import json
import logging
import pickle
import socket
from typing import Any

import aiohttp
import pytest
from livekit.agents import APIConnectionError
from livekit.agents.ipc.log_queue import LogQueueHandler
from livekit.agents.utils.aio.duplex_unix import _Duplex

from agent.core.log import RedactingFilter
from agent.telemetry.log_format import JsonFormatter
from agent.worker.job_log import log_provider_errors_once

_KEY = "a-very-secret-key-of-a-provider"


def written(error: Exception, *, name: str) -> dict[str, Any]:
    """Raise an error in a job, and return the first line that the worker writes."""
    ours, theirs = socket.socketpair()
    handler = LogQueueHandler(_Duplex(theirs))
    handler.addFilter(log_provider_errors_once)
    handler.addFilter(RedactingFilter([_KEY]))
    job_logger = logging.Logger(name)
    job_logger.addHandler(handler)
    try:
        raise error
    except Exception:
        job_logger.exception("it %s", "failed")
    job_logger.info("the end")
    record = pickle.loads(_Duplex(ours).recv_bytes())
    handler.close()
    handler.thread.join()
    ours.close()
    line: dict[str, Any] = json.loads(JsonFormatter().format(record))
    return line


@pytest.mark.parametrize("name", ["livekit.agents", "livekit.plugins.deepgram"])
def test_job_log_leaves_out_an_error_that_provider_failed_has(name: str) -> None:
    assert written(APIConnectionError(), name=name)["message"] == "the end"


def test_job_log_leaves_out_a_voice_that_failed_in_mid_line() -> None:
    line = {"name": "livekit.agents", "module": "tts", "levelno": logging.ERROR}
    assert log_provider_errors_once(logging.makeLogRecord(line))
    assert not log_provider_errors_once(logging.makeLogRecord({**line, "streamed": True}))


@pytest.mark.parametrize("before", range(250, 300, 10))
def test_job_log_has_no_part_of_a_key_in_a_long_error(before: int) -> None:
    line = written(ValueError("x" * before + _KEY), name="livekit.plugins.deepgram")
    assert "xxx<secret>" in line["error"]
    assert _KEY[:2] not in line["error"]


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (ValueError("no JSON"), "livekit.plugins.deepgram"),
        (ConnectionRefusedError("no LiveKit"), "livekit.agents"),
        (socket.gaierror("no DNS"), "livekit.agents"),
        (aiohttp.ServerDisconnectedError(), "livekit.agents"),
    ],
)
def test_job_log_has_no_traceback_of_what_others_answer(error: Exception, name: str) -> None:
    line = written(error, name=name)
    assert line["message"] == "it failed"
    assert line["error"] == f"{type(error).__name__}: {error}"
    assert "Traceback" not in str(line)


@pytest.mark.parametrize("kind", [ValueError, TimeoutError, FileNotFoundError, PermissionError])
def test_job_log_has_any_other_traceback_once(kind: type[Exception]) -> None:
    line = written(kind("mistake"), name="livekit.agents")
    assert line["message"] == "it failed"
    assert line["exc_info"].startswith("Traceback")
    assert line["exc_info"].endswith(f"{kind.__name__}: mistake")
