"""What must not reach a log does not."""

from __future__ import annotations

import logging

import pytest

from agent.log import SafeLog

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"


@pytest.fixture
def safe_logger() -> logging.Logger:
    logger = logging.getLogger("test.safe")
    logger.filters = [SafeLog()]
    return logger


def test_tokens_are_blanked_wherever_they_stand(
    safe_logger: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    try:
        raise ValueError(f"401 for {TOKEN}")
    except ValueError:
        safe_logger.exception("refused %s", TOKEN, extra={"answer": f"bad {TOKEN}"})
    (record,) = caplog.records
    shown = logging.Formatter("%(message)s %(answer)s").format(record)
    assert "eyJ" not in shown
    assert "refused <token>" in shown
    assert "ValueError: 401 for <token>" in shown


def test_personal_data_is_dropped_by_its_key(
    safe_logger: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    personal = {"lk.pii.user_input": "my name is Ada", "text_sent": "Well, Ada"}
    safe_logger.warning("heard", extra={**personal, "session_id": "7"})
    (record,) = caplog.records
    assert not personal.keys() & record.__dict__.keys()
    assert record.__dict__["session_id"] == "7"
