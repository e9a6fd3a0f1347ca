"""compose.yaml, read by Docker Compose's own reader."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.core.settings import EndpointSettings, WorkerSettings

ROOT = Path(__file__).resolve().parents[2]
ENV = {
    "LIVEKIT_URL": "ws://livekit:7880",
    "LIVEKIT_API_KEY": "devkey",
    "LIVEKIT_API_SECRET": "a-secret-of-thirty-two-characters",
    "BEYOND_PRESENCE_API_KEY": "k",
    "BEYOND_PRESENCE_AVATAR_ID": "a",
    "DEEPGRAM_API_KEY": "k",
    "GOOGLE_API_KEY": "k",
    "PLATFORM_API_KEY": "a-key-of-sixteen",
}
FIXED = {
    "STATE_DIR",
    "RECORDINGS_DIR",
    "AGENT_HTTP_HOST",
    "AGENT_HTTP_PORT",
    "BEY_API_KEY",
    "BEY_AVATAR_ID",
}
"""What the image decides, and other spellings."""


EVENTS = "/livekit/webhook"
"""As `agent.token_endpoint.app` has it."""
_VARIABLE = re.compile(r"\$\{(\w+)(?:(:?[-?])([^}]*))?\}")


def filled_in(text: str, env: dict[str, str]) -> str:
    """The variables, as Compose has them: compose-go's command reads no environment (v2.16.2)."""

    def value(found: re.Match[str]) -> str:
        name, operator, word = found.groups()
        given = env.get(name)
        if given or (given is not None and operator in {"-", "?"}):
            return given
        if operator in {"?", ":?"}:
            raise LookupError(f"{name}: {word}")
        return word or ""

    return _VARIABLE.sub(value, text)


@pytest.fixture
def services(compose: Path, tmp_path: Path) -> dict[str, Any]:
    file = tmp_path / "compose.yaml"
    file.write_text(filled_in((ROOT / "compose.yaml").read_text(), ENV))
    done = subprocess.run(
        [compose, "-no-interpolation", "-no-path-resolution", str(file)],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = yaml.safe_load(done.stdout)["services"]
    return found


@pytest.mark.parametrize("name", ["LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"])
def test_what_all_need_is_demanded_by_name(name: str) -> None:
    with pytest.raises(LookupError, match=name):
        filled_in((ROOT / "compose.yaml").read_text(), {**ENV, name: ""})


def test_the_endpoint_starts_without_the_providers_keys() -> None:
    """As docs/deploy-livekit-cloud.md has it: Compose demands the names of the whole file."""
    ours = {name: value for name, value in ENV.items() if name.startswith("LIVEKIT_")}
    filled_in((ROOT / "compose.yaml").read_text(), ours)


def test_its_own_livekit_tells_the_endpoint_what_happens_in_rooms(
    services: dict[str, Any],
) -> None:
    webhook = yaml.safe_load(services["livekit"]["environment"]["LIVEKIT_CONFIG"])["webhook"]
    assert webhook["api_key"] == ENV["LIVEKIT_API_KEY"]
    [url] = webhook["urls"]
    port = services["endpoint"]["ports"][0]["target"]
    assert url == f"http://endpoint:{port}{EVENTS}"
    assert f"handle {EVENTS} {{" in (ROOT / "deploy/page/Caddyfile").read_text()


def test_each_process_can_be_given_all_its_settings_and_no_others_keys(
    services: dict[str, Any],
) -> None:
    for name, kind in (("worker", WorkerSettings), ("endpoint", EndpointSettings)):
        environment = services[name]["environment"]
        assert kind.names() - FIXED <= environment.keys()
        assert environment.keys() - {"HEALTH_URL"} <= kind.names()
        # What has no value there is passed on from .env.
        kind.from_env({k: ENV.get(k, "") if v is None else v for k, v in environment.items()})


def test_everything_is_looked_after(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["restart"] == "unless-stopped", name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        # Worker and endpoint have the image's, at their own address.
        assert "healthcheck" in service or service["image"].startswith("training-greeter:"), name
        assert re.search(r":v?\d", service["image"]), f"{name}: no version"


def test_no_greeting_is_cut_off(services: dict[str, Any]) -> None:
    drain_s = WorkerSettings.from_env(ENV).drain_timeout_s
    for name in ("worker", "livekit"):
        assert seconds(services[name]["stop_grace_period"]) > drain_s


def seconds(duration: str) -> int:
    found = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", duration)
    assert found
    return 60 * int(found[1] or 0) + int(found[2] or 0)


def test_only_media_and_the_page_are_open_to_the_world(services: dict[str, Any]) -> None:
    open_ = {
        int(port["published"])
        for service in services.values()
        for port in service.get("ports", ())
        if port.get("host_ip") != "127.0.0.1"
    }
    assert open_ == {80, 443, 7881, 7882}
