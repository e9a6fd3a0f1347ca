"""Processes share metrics in files, and reuse the files of ended processes."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no flock")

COUNT = textwrap.dedent("""
    import sys
    from agent.telemetry.metrics import AVATAR_SECONDS
    AVATAR_SECONDS.inc(float(sys.argv[1]))
    print("counted", flush=True)
    sys.stdin.read()
""")
SCRAPE = textwrap.dedent("""
    import sys
    from prometheus_client import CollectorRegistry, generate_latest, multiprocess
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)
    print(generate_latest(registry).decode())
""")


def start(folder: Path, amount: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", COUNT, str(amount)],
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"counted\n"
    return process


def test_counts_of_ended_processes_are_kept_in_reused_files(tmp_path: Path) -> None:
    (tmp_path / "locks").mkdir()
    together = [start(tmp_path, 1), start(tmp_path, 10)]
    together[0].kill()  # the system releases its lock
    together[0].wait()
    after = start(tmp_path, 100)
    for process in (together[1], after):
        process.communicate(timeout=20)
    last = start(tmp_path, 1000)
    last.communicate(timeout=20)
    assert len(list(tmp_path.glob("counter_*.db"))) == 2
    scraped = subprocess.run(
        [sys.executable, "-c", SCRAPE],
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)},
        capture_output=True,
        check=True,
        timeout=20,
    )
    assert "training_greeter_avatar_seconds_total 1111.0" in scraped.stdout.decode()
