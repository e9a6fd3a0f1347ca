"""Child processes end with their parent, and servers get ports that stay free."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agent.demo.livekit_server import free_ports
from tests.support.waiting import until

OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")
ROOT = Path(__file__).resolve().parents[2]
PARENT = """
import asyncio, pathlib, sys
from agent.demo.processes import child

async def main():
    folder = pathlib.Path(sys.argv[1])
    async with child("timeit", "-n", "1", "import time; time.sleep(60)",
                     env={}, log=folder / "log") as process:
        print(process.pid, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"  # it stays a zombie if no parent waits for it


def command_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


@pytest.mark.skipif(not shutil.which("setpriv"), reason="there is no setpriv on this machine")
async def test_child_ends_with_a_killed_parent(tmp_path: Path) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, str(tmp_path)),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        start_new_session=True,
    )
    assert parent.stdout is not None
    try:
        pid = int(await asyncio.wait_for(parent.stdout.readline(), 60))
        # Before `setpriv` has become the child, it has not asked for the signal yet.
        await until(lambda: command_of(pid)[1:3] == ["-m", "timeit"])
    finally:
        os.kill(parent.pid, signal.SIGKILL)
        await parent.wait()
    await until(lambda: not runs(pid))


STARTING = """
import multiprocessing, os, signal, time

if __name__ == "__main__":
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["agent.worker.preload"])
    job = context.Process(target=time.sleep, args=(60,))
    job.start()
    os.kill(job.pid, signal.SIGUSR1)
    job.join(1)
    print(job.exitcode)
    job.kill()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="there is no such signal")
def test_job_process_that_is_stopped_while_it_starts_does_not_crash(tmp_path: Path) -> None:
    """A worker that stops then would log that the process exited with code -10."""
    script = tmp_path / "starting.py"
    script.write_text(STARTING)
    run = subprocess.run(
        [sys.executable, script],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert run.stdout.strip() == "None"


@pytest.mark.skipif(
    not OUTGOING.exists() or not OUTGOING.read_text().startswith("32768"),
    reason="outgoing connections have other ports than Linux gives them by default",
)
def test_free_ports_are_not_those_of_outgoing_connections() -> None:
    first, last = map(int, OUTGOING.read_text().split())
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert not [port for port in ports if first <= port <= last]
