"""The Dockerfiles. No image is built; Docker is not available here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agent.core.settings import EndpointSettings, WorkerSettings

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILES = ("Dockerfile", "deploy/page/Dockerfile")
PROVIDERS = {
    "BEYOND_PRESENCE_API_KEY",
    "BEYOND_PRESENCE_AVATAR_ID",
    "DEEPGRAM_API_KEY",
    "GOOGLE_API_KEY",
}


@pytest.mark.parametrize("name", DOCKERFILES)
def test_hadolint_has_no_findings(name: str) -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [hadolint, "--strict-labels", ROOT / name],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout


def test_image_files_start_the_processes(tmp_path: Path) -> None:
    """With only the files that COPY names and .dockerignore allows, without the demo."""
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.M)
    sources = [source for line in copied for source in line.split()]
    let_through = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    assert {source for source in sources if not source.startswith("web/")} <= let_through
    for source in set(sources) - {"web"}:
        if (ROOT / source).is_dir():
            shutil.copytree(
                ROOT / source,
                tmp_path / source,
                ignore=shutil.ignore_patterns("__pycache__", "demo"),
            )
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "STATE_DIR": str(tmp_path / "s")}
    for command, names in (
        (("agent", "start"), PROVIDERS),
        (("agent.token_endpoint",), {"PLATFORM_API_KEY"}),
        (("agent", "prompts", "check"), set()),
    ):
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert done.returncode == (2 if names else 0), done.stderr
        assert "Traceback" not in done.stderr
        for name in names:
            assert name in done.stderr


def test_image_state_directory_belongs_to_its_user_and_is_a_volume() -> None:
    text = (ROOT / "Dockerfile").read_text()
    user = re.search(r"^USER (\d+)$", text, re.MULTILINE)
    state = re.search(r"^ENV STATE_DIR=(\S+)$", text, re.MULTILINE)
    workdir = re.findall(r"^WORKDIR (\S+)$", text, re.MULTILINE)[-1]
    assert user
    assert state
    made = rf'^RUN install -d -m 700 -o {user[1]} -g {user[1]} "\$STATE_DIR"$'
    assert re.search(made, text, re.MULTILINE)
    assert f"\nVOLUME {state[1]}\n" in text
    # Also where the environment says what .env.example says.
    example = re.search(r"^STATE_DIR=(.+)$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert example
    assert state[1] == f"{workdir}/{example[1]}"


def test_image_contains_no_env_file_and_no_secret_setting() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[0] == "**", "files are excluded unless they are listed"
    allowed = [line[1:] for line in ignored if line.startswith("!")]
    assert sorted(allowed) == ["agent", "prompts", "pyproject.toml", "uv.lock", "web"]
    recipe = (ROOT / "Dockerfile").read_text()
    names = {n for kind in (EndpointSettings, WorkerSettings) for n in kind.names()}
    named = {n for n in names if f"ARG {n}=" in recipe or f"ENV {n}=" in recipe}
    assert named <= {"STATE_DIR", "RECORDINGS_DIR"}


def test_cloud_env_example_lists_the_worker_secrets() -> None:
    lines = (ROOT / "deploy/livekit-cloud.env.example").read_text().splitlines()
    names = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}
    assert names <= WorkerSettings.names()
    assert names >= PROVIDERS | {"REDIS_URL"}
    # What worker and endpoint both use must be the same. These concern one process each.
    own = {
        "BILL_TOLERANCE_S",
        "LOG_FORMAT",
        "LOG_LEVEL",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "STATE_DIR",
    }
    of_both = {
        name
        for name in WorkerSettings.names() & EndpointSettings.names()
        if not name.startswith(("LIVEKIT_", "BEY_", "BEYOND_"))
    }
    assert names >= of_both - own
    # LiveKit Cloud injects LIVEKIT_*; PLATFORM_* belong to the endpoint only.
    assert not [n for n in names if n.startswith(("LIVEKIT_", "PLATFORM_"))]
    filled = dict.fromkeys(names, "") | dict.fromkeys(PROVIDERS, "k")
    injected = {"LIVEKIT_URL": "wss://x.livekit.cloud", "LIVEKIT_API_KEY": "k"}
    WorkerSettings.from_env({**filled, **injected, "LIVEKIT_API_SECRET": "s"})
