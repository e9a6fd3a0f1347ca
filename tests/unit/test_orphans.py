"""Job processes of a worker that was killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.environments import WORKER

_WORKER = """
import multiprocessing, threading
from types import SimpleNamespace

def job():
    from agent.worker import orphans, server
    orphans._GRACE_S = 0.1
    server.prewarm(SimpleNamespace(userdata={}))
    print("ready", flush=True)
    threading.Event().wait(60)

if __name__ == "__main__":
    process = multiprocessing.get_context("forkserver").Process(target=job)
    process.start()
    process.join()
"""


def test_job_process_that_hangs_ends_after_its_killed_worker(tmp_path: Path) -> None:
    script = tmp_path / "worker.py"
    script.write_text(_WORKER)
    env = {**os.environ, **WORKER, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen([sys.executable, script], env=env, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        try:
            assert worker.stdout.readline() == b"ready\n"
        finally:
            worker.kill()
        assert worker.communicate(timeout=20) == (b"", None)  # at the end of the job process
