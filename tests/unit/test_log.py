"""The log filter redacts secrets and drops personal data."""

from __future__ import annotations

import logging

import pytest

from agent.core.log import RedactingFilter
from agent.telemetry.log_format import JsonFormatter, TextFormatter

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"


@pytest.fixture
def filtered_logger() -> logging.Logger:
    logger = logging.getLogger("test.filtered")
    logger.filters = [RedactingFilter()]
    return logger


def test_log_filter_redacts_tokens_in_message_fields_and_traceback(
    filtered_logger: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    try:
        raise ValueError(f"401 for {TOKEN}")
    except ValueError:
        filtered_logger.exception("refused %s", TOKEN, extra={"answer": f"bad {TOKEN}"})
    (record,) = caplog.records
    shown = logging.Formatter("%(message)s %(answer)s").format(record)
    assert "eyJ" not in shown
    assert "refused <token>" in shown
    assert "ValueError: 401 for <token>" in shown


def test_log_filter_drops_personal_data_by_key(
    filtered_logger: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    personal = {"lk.pii.user_input": "my name is Ada", "text_sent": "Well, Ada"}
    filtered_logger.warning("heard", extra={**personal, "session_id": "7"})
    (record,) = caplog.records
    assert not personal.keys() & record.__dict__.keys()
    assert record.__dict__["session_id"] == "7"


def test_log_filter_redacts_known_secrets(
    filtered_logger: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    filtered_logger.filters = [RedactingFilter(["the-secret-key", "word"])]
    try:
        raise ValueError("refused: the-secret-key")
    except ValueError as e:
        extra = {"answer": b"bad the-secret-key", "sent": {"key": "the-secret-key"}, "error": e}
        filtered_logger.exception("a word, and %s", "the-secret-key", extra=extra)
    (record,) = caplog.records
    shown = logging.Formatter("%(message)s %(answer)s %(sent)s %(error)s").format(record)
    assert "the-secret-key" not in shown
    assert shown.startswith("a word, and <secret>")


FORGED = "x\r\n2026-01-01 00:00:00 ERROR forged\x1b[2J\u2028\x85\x00%s%n"


def test_log_formats_write_untrusted_text_on_one_line_without_control_characters(
    filtered_logger: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    filtered_logger.warning("said %s", FORGED, extra={"session_id": FORGED, "n": 1})
    filtered_logger.warning("an error without arguments: 100%s", extra={"error": FORGED})
    for record in caplog.records:
        for line in (TextFormatter(), JsonFormatter()):
            shown = line.format(record)
            assert len(shown.splitlines()) == 1
            assert not {c for c in shown if ord(c) < 32}
            assert "%s%n" in shown


def test_log_filter_redacts_the_keyterms_of_an_address(
    filtered_logger: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    address = "wss://api.deepgram.com/v2/listen?model=flux&keyterm=Ada+Lovelace&keyterm=forklift"
    filtered_logger.warning("400, url='%s&tag=x'", address)
    (record,) = caplog.records
    assert "Lovelace" not in record.getMessage()
    assert record.getMessage().endswith("keyterm=<redacted>&tag=x'")
