"""The endpoint does not load the agents framework."""

from __future__ import annotations

import subprocess
import sys


def test_endpoint_does_not_load_the_agents_framework() -> None:
    code = (
        "import sys, agent.token_endpoint.__main__\n"
        "heavy = [m for m in sys.modules if m.startswith(('livekit.agents', 'livekit.plugins'))]\n"
        "assert not heavy, heavy[:5]\n"
        "ours = [m for m in sys.modules if m.startswith('agent.')]\n"
        "assert not [m for m in ours if m in ('agent.worker.server', 'agent.greeting.session')]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
