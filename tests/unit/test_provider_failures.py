"""How a provider's error is described for metrics, outcomes and the log."""

from __future__ import annotations

import pytest
from livekit.agents import APIConnectionError, APIStatusError

from agent.speech.failures import describe_failure


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (APIStatusError("refused", status_code=401), 401),
        (APIStatusError("the WebSocket was closed", status_code=1006), None),
        (APIStatusError("no answer", status_code=-1), None),
        (APIConnectionError("no connection"), None),
    ],
)
def test_describe_failure_has_the_status_of_http_only(error: Exception, status: int | None) -> None:
    assert describe_failure("tts", error, "deepgram", "aura").status == status
