"""A release has one number, and livekit-server another, wherever they stand."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import yaml

from agent.demo.livekit_server import VERSION as LIVEKIT

ROOT = Path(__file__).resolve().parents[2]


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_one_version_is_released() -> None:
    version = tomllib.loads(text("pyproject.toml"))["project"]["version"]
    chart = yaml.safe_load(text("deploy/helm/training-greeter/Chart.yaml"))
    images = re.findall(r"image: training-greeter\S*:(\S+)", text("compose.yaml"))
    lock = json.loads(text("web/package-lock.json"))
    newest = re.findall(r"^## \[(\d\S*)\]", text("CHANGELOG.md"), re.MULTILINE)[0]
    elsewhere = {
        "web/package.json": json.loads(text("web/package.json"))["version"],
        "web/package-lock.json": lock["version"],
        "Chart.yaml, version": chart["version"],
        "Chart.yaml, appVersion": chart["appVersion"],
        "CHANGELOG.md": newest,
        **{f"compose.yaml, {number}": image for number, image in enumerate(images)},
    }
    assert elsewhere == dict.fromkeys(elsewhere, version)
    assert len(images) == 2


def test_compose_runs_the_livekit_server_that_is_tested() -> None:
    image = yaml.safe_load(text("compose.yaml"))["services"]["livekit"]["image"]
    assert image == f"livekit/livekit-server:{LIVEKIT}"
