"""Machine: room on its disk, cores for its greetings, and the releases that were tested."""

from __future__ import annotations

import os
import shutil
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from agent.cli.doctor.finding import Finding, failed, ok, skipped, warning
from agent.cli.doctor.given import Given

_LOCK = Path(__file__).resolve().parents[3] / "uv.lock"
_MIB = 1024 * 1024
_LITTLE = 200 * _MIB
_JOBS_A_CORE = 5
_PYTHON = ((3, 11), (3, 14))
_FAMILY = ("livekit", "google-genai", "fastapi", "pydantic", "redis")
"""Whose release matters; the plugins' wires change with theirs."""


def check(given: Given) -> Iterator[Finding]:
    yield from _versions()
    if "worker" in given.parts:
        yield _files()
        yield _cores(given)
    if not given.lacks("STATE_DIR") and given.worker.redis_url is None:
        yield _disk(given.worker.state_dir)


def _disk(folder: Path) -> Finding:
    there = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    free = shutil.disk_usage(there).free
    said = f"{free // _MIB} MiB free where STATE_DIR is"
    if free < _LITTLE:
        return warning("machine.disk", said, "make room: a full disk keeps no outcome")
    return ok("machine.disk", said)


def _cores(given: Given) -> Finding:
    if lacking := given.lacks("MAX_JOBS"):
        return skipped("machine.cores", lacking)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cores, jobs = cores or 1, given.worker.max_jobs
    said = f"MAX_JOBS is {jobs}, on {cores} cores"
    if jobs > cores * _JOBS_A_CORE:
        return warning(
            "machine.cores",
            said,
            f"where the worker runs here, {cores * _JOBS_A_CORE} is what these cores hold: lower "
            "it or add workers",
        )
    return ok("machine.cores", said)


def _files() -> Finding:
    """The turn detector's model is in a wheel of its own: nothing is downloaded at run time."""
    if find_spec("livekit.local_inference") is None:
        return failed(
            "machine.models",
            "the model that tells when a sentence has ended is not installed",
            "uv sync --locked, and then python -m agent download-files",
        )
    return ok("machine.models", "the turn detector's model is installed")


def _versions() -> Iterator[Finding]:
    python = sys.version_info[:2]
    if not _PYTHON[0] <= python < _PYTHON[1]:
        yield failed(
            "machine.versions",
            f"Python {python[0]}.{python[1]} is not supported",
            "use Python 3.11, 3.12 or 3.13",
        )
        return
    try:
        locked = {p["name"]: p.get("version", "") for p in _packages()}
    except (OSError, tomllib.TOMLDecodeError):
        yield skipped("machine.versions", "there is no uv.lock here to compare with")
        return
    other = sorted(
        f"{name} {installed} instead of {version}"
        for name, version in locked.items()
        if name.startswith(_FAMILY) and (installed := _installed(name)) not in (None, version)
    )
    if other:
        yield warning(
            "machine.versions",
            f"not what uv.lock says: {', '.join(other)}",
            "uv sync --locked: the plugins' wires change between releases",
        )
    else:
        yield ok(
            "machine.versions",
            f"Python {python[0]}.{python[1]}, livekit-agents {_installed('livekit-agents')}, as "
            "locked",
        )


def _packages() -> list[dict[str, str]]:
    with _LOCK.open("rb") as file:
        found: list[dict[str, str]] = tomllib.load(file)["package"]
    return found


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
