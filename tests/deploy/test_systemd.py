"""The systemd units: what they run, and that greetings can finish before they are stopped."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agent.core.settings import WorkerSettings

ROOT = Path(__file__).resolve().parents[2]
UNITS = {file.stem: file.read_text() for file in (ROOT / "deploy" / "systemd").glob("*.service")}


def value_in(unit: str, name: str) -> str:
    [found] = re.findall(rf"^{name}=(.*)$", UNITS[unit], re.MULTILINE)
    return str(found)


def test_units_are_those_of_the_runbook() -> None:
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    named = set(re.findall(r"(?:journalctl -u|systemctl restart) (greeter-[a-z]+)", runbook))
    assert named == set(UNITS) == {"greeter-worker", "greeter-endpoint"}


@pytest.mark.parametrize(
    ("unit", "module"), [("greeter-worker", "agent"), ("greeter-endpoint", "agent.token_endpoint")]
)
def test_unit_runs_the_process_and_restarts_it_unless_a_setting_is_wrong(
    unit: str, module: str
) -> None:
    assert f" -m {module} " in value_in(unit, "ExecStart")
    assert importlib.util.find_spec(f"{module}.__main__")
    assert (value_in(unit, "Restart"), value_in(unit, "RestartPreventExitStatus")) == (
        "always",
        "2",
    )


def test_worker_is_stopped_only_after_its_greetings() -> None:
    drain_s = WorkerSettings.model_fields["drain_timeout_s"].default
    assert int(value_in("greeter-worker", "TimeoutStopSec")) >= drain_s + 60
    assert value_in("greeter-worker", "KillMode") == "mixed", "only the worker gets SIGTERM"


def test_guide_creates_the_state_folder_before_it_runs_doctor() -> None:
    """systemd creates it at the first start; until then doctor would fail `store.usable`."""
    folder = f"/var/lib/{value_in('greeter-worker', 'StateDirectory')}"
    guide = (ROOT / "docs" / "deploy-self-hosted.md").read_text()
    created = guide.index(f"sudo install -d -m 700 -o greeter -g greeter {folder}\n")
    assert created < guide.index("sudo -u greeter .venv/bin/python -m agent doctor")
    assert f"STATE_DIR={folder}\n" in guide


def test_units_are_valid_for_systemd(tmp_path: Path) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("needs systemd-analyze")
    for name, text in UNITS.items():
        python = re.sub(r"^ExecStart=\S+", f"ExecStart={sys.executable}", text, flags=re.MULTILINE)
        (tmp_path / f"{name}.service").write_text(python)
    done = subprocess.run(
        [verify, "verify", *(str(tmp_path / f"{name}.service") for name in UNITS)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
