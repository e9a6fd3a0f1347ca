"""Starting the process: its warnings, and what the image must contain."""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agent.core.settings import EndpointSettings
from agent.token_endpoint.__main__ import warn_if_livekit_is_private

ROOT = Path(__file__).resolve().parents[2]


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


def test_image_state_directory_belongs_to_its_user_and_is_a_volume() -> None:
    text = (ROOT / "Dockerfile").read_text()
    user = re.search(r"^USER (\d+)$", text, re.MULTILINE)
    state = re.search(r"^ENV STATE_DIR=(\S+)$", text, re.MULTILINE)
    workdir = re.findall(r"^WORKDIR (\S+)$", text, re.MULTILINE)[-1]
    assert user
    assert state
    made = rf'^RUN install -d -m 700 -o {user[1]} -g {user[1]} "\$STATE_DIR"$'
    assert re.search(made, text, re.MULTILINE)
    assert f"\nVOLUME {state[1]}\n" in text
    # Also where the environment says what .env.example says.
    example = re.search(r"^STATE_DIR=(.+)$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert example
    assert state[1] == f"{workdir}/{example[1]}"


@pytest.mark.parametrize("module", ["agent", "agent.token_endpoint"])
def test_process_runs_with_the_files_of_the_image(tmp_path: Path, module: str) -> None:
    """.dockerignore leaves the demo out."""
    shutil.copytree(ROOT / "agent", tmp_path / "agent", ignore=shutil.ignore_patterns("demo"))
    shutil.copytree(ROOT / "prompts", tmp_path / "prompts")
    found = subprocess.run(
        [sys.executable, "-m", module, "--help"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert found.returncode == 0, found.stderr.decode()
    assert b"usage" in found.stdout.lower()
