"""Each process imports only what it needs; pyproject.toml has the layers of all modules."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("agent.__main__", ["livekit"]),
        ("agent.token_endpoint.__main__", ["livekit.agents", "livekit.plugins"]),
        ("agent.cli.console", ["agent.avatar.beyond_presence"]),
        ("agent.cli.doctor.command", ["livekit.agents"]),
    ],
)
def test_module_does_not_import(module: str, forbidden: list[str]) -> None:
    program = f"import sys, {module}; print(*(m for m in {forbidden!r} if m in sys.modules))"
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, capture_output=True, text=True, timeout=110)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == []
