"""The exit codes of processes that several threads ask for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.installers import ROOT

_PROGRAM = """
import multiprocessing, sys, threading, time

from agent.core.exit_codes import read_exit_codes_once

if __name__ == "__main__":
    read_exit_codes_once()
    sys.setswitchinterval(1e-5)
    context = multiprocessing.get_context("forkserver")
    codes = []
    for _ in range(5):
        processes = [context.Process(target=time.sleep, args=(i / 1000,)) for i in range(8)]
        threads = [threading.Thread(target=process.join) for process in processes]
        for process, thread in zip(processes, threads):
            process.start()
            thread.start()
        while any(thread.is_alive() for thread in threads):
            multiprocessing.active_children()  # as the start of another process does
        codes += [process.exitcode for process in processes]
    failing = context.Process(target=sys.exit, args=(3,))
    failing.start()
    failing.join()
    print(set(codes), failing.exitcode)
"""


def test_process_that_two_threads_wait_for_has_its_own_exit_code(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(_PROGRAM)
    done = subprocess.run(
        [sys.executable, program],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.split() == ["{0}", "3"]
