"""The errors and warnings of the token endpoint when it starts."""

from __future__ import annotations

import logging
import socket

import pytest

from agent.core.errors import TrainingGreeterError
from agent.core.settings import EndpointSettings
from agent.token_endpoint.__main__ import _listen, warn_if_livekit_is_private


def warned(
    caplog: pytest.LogCaptureFixture, public_url: str, origins: str
) -> list[logging.LogRecord]:
    settings = EndpointSettings.from_env(
        {
            "LIVEKIT_URL": public_url,
            "LIVEKIT_API_KEY": "key",
            "LIVEKIT_API_SECRET": "secret",
            "PLATFORM_API_KEY": "k" * 16,
            "CORS_ALLOWED_ORIGINS": origins,
        }
    )
    with caplog.at_level(logging.WARNING):
        warn_if_livekit_is_private(settings)
    return caplog.records


def test_start_names_the_options_if_the_port_is_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        with pytest.raises(TrainingGreeterError, match="in use.*Check --host and --port"):
            _listen(*taken.getsockname())


@pytest.mark.parametrize(
    "url", ["ws://localhost:7880", "ws://10.0.0.5:7880", "ws://[::1]:7880", "wss://lk.local"]
)
def test_start_warns_about_an_unreachable_livekit_url(
    caplog: pytest.LogCaptureFixture, url: str
) -> None:
    [warning] = warned(caplog, url, "http://localhost:3000,https://platform.example")
    assert "LIVEKIT_PUBLIC_URL" in warning.message
    assert warning.livekit_url == url  # type: ignore[attr-defined]
    assert warning.page == "https://platform.example"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("url", "origins"),
    [
        ("wss://project.livekit.cloud", "https://platform.example"),
        ("ws://[2606:4700:4700::1111]:7880", "https://platform.example"),
        ("ws://localhost:7880", "http://localhost:3000,https://localhost:3000"),
        ("ws://localhost:7880", "https://192.168.1.5,https://dev.local"),
        ("ws://localhost:7880", "*,https://[broken"),
        ("ws://localhost:7880", ""),
    ],
)
def test_start_does_not_warn_about_a_public_url(
    caplog: pytest.LogCaptureFixture, url: str, origins: str
) -> None:
    assert warned(caplog, url, origins) == []
