"""Neither process imports the modules of the other."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("module", "must_not_load"),
    [
        ("agent.token_endpoint.app", "livekit.agents"),
        ("agent.worker.server", "agent.token_endpoint"),
        ("agent.worker.server", "agent.demo"),
        ("agent.cli.console", "agent.avatar.beyond_presence"),
        ("agent.cli.doctor.command", "livekit.agents"),
        ("agent.cli.doctor.command", "agent.token_endpoint"),
    ],
)
def test_module_does_not_load(module: str, must_not_load: str) -> None:
    program = f"import sys, {module}; sys.exit({must_not_load!r} in sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    assert result.returncode == 0, result.stderr.decode()
