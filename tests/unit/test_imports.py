"""Each process imports only what it needs; pyproject.toml has the layers of all modules."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("modules", "forbidden"),
    [
        (["agent.__main__"], ["livekit"]),
        (
            ["agent.token_endpoint.__main__", "agent.cli.doctor.command"],
            ["livekit.agents", "livekit.plugins"],
        ),
    ],
)
def test_modules_do_not_import(modules: list[str], forbidden: list[str]) -> None:
    program = (
        f"import sys, {', '.join(modules)};"
        f" print(*(name for name in {forbidden!r} if name in sys.modules))"
    )
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, capture_output=True, text=True, timeout=110)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == []
