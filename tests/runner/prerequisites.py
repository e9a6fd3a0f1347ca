"""The tools that the checks need: installed if that is possible here, and named if it is not."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

from agent.demo.livekit_server import ensure_binary
from agent.demo.page import ensure_page
from agent.demo.processes import DemoError
from tests.browser.chromium import HEADLESS_SHELL, find_chromium
from tests.support.promtool import find_promtool

NEEDED_BY: dict[str, tuple[str, ...]] = {
    "page": ("tests/browser", "tests/faults", "tests/integration", "tests/soak"),
    "livekit-server": (
        *("tests/browser", "tests/faults", "tests/integration", "tests/soak", "tests/standins"),
    ),
    "chromium": ("tests/browser",),
    "helm": ("tests/deploy/test_chart.py",),
    "promtool": ("tests/unit/test_alerts.py",),
    "redis-server": (
        "tests/integration/test_endpoint_redis.py",
        "tests/integration/test_store_redis.py",
    ),
}
"""Which test paths cannot run without which prerequisite."""

_PRODUCT = {None, "product", "browser", "faults", "integration", "soak", "packages", "variants"}
_PAGE = _PRODUCT | {"check", "page"}
_LIVEKIT = _PRODUCT | {"standins"}
_REDIS = {None, "product", "integration", "variants"}
_CHROMIUM = {None, "product", "browser", "packages", "variants"}
_HELM = {None, "product", "deploy", "variants"}


def install_missing(group: str | None) -> dict[str, str]:
    """Install what a group of steps needs.

    Args:
        group: see `tests.runner.steps.GROUPS`; None for all.

    Returns:
        Each prerequisite that is still missing, and why.
    """
    missing: dict[str, str] = {}
    if group in _PAGE:
        _ensure("page", ensure_page, missing)
    if group in _LIVEKIT:
        _ensure("livekit-server", ensure_binary, missing)
    if group in _HELM and importlib.util.find_spec("helm_python") is None:
        missing["helm"] = "the Helm SDK is not installed: uv sync --group deploy"
    if group is None and find_promtool() is None:
        missing["promtool"] = "install Prometheus: https://prometheus.io/download/"
    if group in _CHROMIUM and not find_chromium():
        _install_debian_package("chromium", missing, HEADLESS_SHELL, "chromium")
    if group in _REDIS and not shutil.which("redis-server"):
        _install_debian_package("redis-server", missing)
    return missing


def _ensure(
    name: str, ensure: Callable[[Callable[[str], None]], Awaitable[Path]], missing: dict[str, str]
) -> None:
    async def run() -> Path:
        return await ensure(_say)

    try:
        asyncio.run(run())
    except DemoError as e:
        missing[name] = str(e)


def _say(what: str) -> None:
    print(f"setting up: {what}", flush=True)


def _install_debian_package(name: str, missing: dict[str, str], *packages: str) -> None:
    """Install the first of these packages that Debian has; without any, the one of this name."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        missing[name] = f"{name} is not on PATH: install it, and run this again"
        return
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=False, env=quiet)
    for package in packages or (name,):
        _say(f"installing {package} from Debian")
        # apt-get prints its own progress.
        command = ["apt-get", "install", "-y", "--no-install-recommends", package]
        if subprocess.run(command, check=False, env=quiet).returncode == 0:
            return
    missing[name] = f"apt-get could not install {name}"
