"""Release and livekit-server versions are the same in every file, and actions are pinned."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import yaml

import agent
from agent.demo.livekit_server import VERSION as LIVEKIT
from tests.runner.steps import plan

ROOT = Path(__file__).resolve().parents[2]


_CHECKS = ("ruff check", "ruff format", "mypy", "lint-imports", "silent lint", "silent typecheck")


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_release_version_is_the_same_in_every_file() -> None:
    version = tomllib.loads(text("pyproject.toml"))["project"]["version"]
    django = tomllib.loads(text("integrations/django/pyproject.toml"))
    chart = yaml.safe_load(text("deploy/helm/training-greeter/Chart.yaml"))
    images = re.findall(r"image: training-greeter\S*:(\S+)", text("compose.yaml"))
    lock = json.loads(text("web/package-lock.json"))
    newest = re.findall(r"^## \[(\d\S*)\]", text("CHANGELOG.md"), re.MULTILINE)[0]
    elsewhere = {
        "web/package.json": json.loads(text("web/package.json"))["version"],
        "web/package-lock.json": lock["version"],
        "Chart.yaml, version": chart["version"],
        "Chart.yaml, appVersion": chart["appVersion"],
        "agent/__init__.py": agent.__version__,
        "docs/openapi.json": json.loads(text("docs/openapi.json"))["info"]["version"],
        "integrations/django": django["project"]["version"],
        "CHANGELOG.md": newest,
        **{f"compose.yaml, {number}": image for number, image in enumerate(images)},
    }
    assert elsewhere == dict.fromkeys(elsewhere, version)
    assert len(images) == 2


def test_compose_runs_the_tested_livekit_server() -> None:
    image = yaml.safe_load(text("compose.yaml"))["services"]["livekit"]["image"]
    assert image.partition("@")[0] == f"livekit/livekit-server:{LIVEKIT}"


def test_images_of_others_are_pinned_by_version_and_digest() -> None:
    services = yaml.safe_load(text("compose.yaml"))["services"].values()
    images = {s["image"] for s in services if not s["image"].startswith("training-greeter")}
    for dockerfile in ("Dockerfile", "deploy/page/Dockerfile"):
        recipe = text(dockerfile)
        assert set(re.findall(r"^FROM (\S+)", recipe, re.MULTILINE)) == {
            f"${{{name}}}" for name in re.findall(r"^ARG (\w+)=", recipe, re.MULTILINE)
        }
        images |= set(re.findall(r"^ARG \w+=(\S+)", recipe, re.MULTILINE))
    pinned = r"(\S+):v?\d+\.\d+\.\d+(?:-[\w-]+)?@sha256:[0-9a-f]{64}"
    names = [match[1] for image in images if (match := re.fullmatch(pinned, image))]
    # One version of each: a set.
    assert sorted(names) == ["caddy", "livekit/livekit-server", "node", "python", "redis"]
    assert len(names) == len(images)


def test_workflows_pin_actions_by_commit() -> None:
    used = [
        name
        for workflow in (ROOT / ".github/workflows").glob("*.yml")
        for name in re.findall(r"uses: (\S+)", workflow.read_text(encoding="utf-8"))
    ]
    assert used
    assert [name for name in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", name)] == []


def test_pre_commit_runs_the_checks_of_make_check() -> None:
    hooks = yaml.safe_load(text(".pre-commit-config.yaml"))["repos"][0]["hooks"]
    entries = " ".join(hook["entry"] for hook in hooks)
    for step in plan("check", set(), None, []):
        command = " ".join(step.command)
        assert any(words in command and words in entries for words in _CHECKS), command
