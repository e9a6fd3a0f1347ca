"""promtool, Prometheus' own checker of rules: found on PATH or taken from Debian's package once."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from agent.demo.processes import cache_dir

_DOWNLOAD_TIMEOUT_S = 120


def find_promtool() -> Path | None:
    """Return promtool; None if it is not here and there is no Debian package to take it from."""
    if found := shutil.which("promtool"):
        return Path(found)
    cached = cache_dir() / "promtool"
    if not cached.exists():
        _from_debian(cached)
    return cached if cached.exists() else None


def _from_debian(target: Path) -> None:
    """Download the package and take one file from it; nothing is installed."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        try:
            for command in (
                ["apt-get", "download", "-qq", "prometheus"],
                ["sh", "-c", "dpkg-deb -x prometheus_*.deb ."],
            ):
                subprocess.run(
                    command,
                    cwd=folder,
                    check=True,
                    capture_output=True,
                    timeout=_DOWNLOAD_TIMEOUT_S,
                )
        except (OSError, subprocess.SubprocessError):
            return
        (Path(folder) / "usr" / "bin" / "promtool").replace(target)
