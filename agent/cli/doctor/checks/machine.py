"""Machine: the clock, free disk space, and cores for MAX_JOBS."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from agent.cli.doctor.configuration import Configuration
from agent.cli.doctor.result import CheckResult, failed, ok, skipped, warning
from agent.core.folders import closest_existing

_MIB = 1024 * 1024
_DISK_MIN = 200 * _MIB
_DISK_FULL = 5 * _MIB
"""The write-ahead log of SQLite grows to 4 MiB."""
_JOBS_PER_CORE = 5
_CLOCK_FAILED_S = 50.0
"""LiveKit tolerates a minute (protocol/auth/verifier.go), and so does the token endpoint."""
_CLOCK_WARNING_S = 10.0
_CLOCK_FIX = "synchronise it with NTP: timedatectl set-ntp true, or chrony"


def check(config: Configuration) -> Iterator[CheckResult]:
    if "worker" in config.parts:
        yield _cores(config)
    if not config.lacks("STATE_DIR") and config.worker.redis_url is None:
        yield _disk(config.worker.state_dir)


def _disk(folder: Path) -> CheckResult:
    free = shutil.disk_usage(closest_existing(folder)).free
    what = f"{free // _MIB} MiB are free on the disk of STATE_DIR"
    if free >= _DISK_MIN:
        return ok("machine.disk", what)
    report = failed if free < _DISK_FULL else warning
    return report("machine.disk", what, "free some space: a full disk stores no outcomes")


def _cores(config: Configuration) -> CheckResult:
    if unusable := config.lacks("MAX_JOBS"):
        return skipped("machine.cores", unusable)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cores, jobs = cores or 1, config.worker.max_jobs
    what = f"MAX_JOBS is {jobs}, on {cores} cores"
    if jobs > cores * _JOBS_PER_CORE:
        return warning(
            "machine.cores",
            what,
            f"if the worker runs on this machine, set MAX_JOBS to "
            f"{cores * _JOBS_PER_CORE} or less, or add workers",
        )
    return ok("machine.cores", what)


def check_clock(offsets: Mapping[str, float]) -> Iterator[CheckResult]:
    """Compare the clock with the servers': tokens are refused if it is wrong.

    Args:
        offsets: those of `HttpClient.clock_offsets`, by server.
    """
    if not offsets:
        yield skipped("clock", "no server answered with its time")
        return
    odd = {server: offset for server, offset in offsets.items() if abs(offset) >= _CLOCK_WARNING_S}
    if not odd:
        yield ok("clock", f"this machine's clock agrees with {', '.join(sorted(offsets))}")
        return
    worst = max(odd.values(), key=abs)
    way = "ahead of" if worst > 0 else "behind"
    if len(odd) * 2 > len(offsets) or len(offsets) == 1:
        what = f"this machine's clock is {abs(worst):.0f} s {way} {', '.join(sorted(odd))}"
        fix = _CLOCK_FIX
    else:
        what = f"the clock of {', '.join(sorted(odd))} is {abs(worst):.0f} s off"
        fix = (
            f"the other clocks agree with this machine's: correct that server's clock. {_CLOCK_FIX}"
        )
    if abs(worst) >= _CLOCK_FAILED_S:
        yield failed("clock", f"{what}: tokens are refused", fix)
    else:
        yield warning("clock", what, fix)
