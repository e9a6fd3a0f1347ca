"""compose.yaml, validated with the Compose specification's JSON schema."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
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
FIXED = {"STATE_DIR", "RECORDINGS_DIR", "AGENT_HTTP_HOST", "AGENT_HTTP_PORT"}
"""Set by the image."""

OTHERS = {
    *("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "RUST_LOG", "LIVEKIT_AGENTS_LOOP_BLOCK_WARN_MS"),
    *("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_SERVICE_NAME", "OTEL_TRACES_SAMPLER"),
    "OTEL_TRACES_SAMPLER_ARG",
}
"""Not our settings: libraries read them. docs/operations.md describes them."""

WEBHOOK_PATH = "/livekit/webhook"
"""The path that `agent.token_endpoint` serves."""
SCHEMA = Path(__file__).with_name("compose-spec.json")
"""The Compose specification's JSON schema, from github.com/compose-spec/compose-go v2.9.0."""
_VARIABLE = re.compile(r"\$\{(\w+)(?:(:?[-?])([^}]*))?\}")
_PORT = re.compile(r"(?:(?P<host_ip>[\d.]+):)?(?P<published>\d+):(?P<target>\d+)(?:/\w+)?")


def interpolated(text: str, env: dict[str, str]) -> str:
    """Replace the variables of a compose file as Docker Compose does.

    Raises:
        LookupError: a required variable is missing; the text is the message of the compose file.
    """

    def value(found: re.Match[str]) -> str:
        name, operator, word = found.groups()
        given = env.get(name)
        if given or (given is not None and operator in {"-", "?"}):
            return given
        if operator in {"?", ":?"}:
            raise LookupError(f"{name}: {word}")
        return word or ""

    return _VARIABLE.sub(value, text)


def compose_file() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(interpolated((ROOT / "compose.yaml").read_text(), ENV))
    return found


def published_ports(service: dict[str, Any]) -> list[dict[str, str | None]]:
    """Return host_ip, published and target of each port, from Compose's short syntax."""
    found = []
    for port in service.get("ports", ()):
        match = _PORT.fullmatch(port)
        assert match, f"not the short syntax: {port}"
        found.append(match.groupdict())
    return found


@pytest.fixture
def services() -> dict[str, Any]:
    found: dict[str, Any] = compose_file()["services"]
    return found


def test_compose_file_follows_the_compose_specification() -> None:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft7Validator(schema).validate(compose_file())


def test_compose_schema_refuses_an_unknown_key() -> None:
    wrong = compose_file()
    wrong["services"]["worker"]["enviroment"] = {}
    with pytest.raises(jsonschema.ValidationError, match="enviroment"):
        jsonschema.Draft7Validator(json.loads(SCHEMA.read_text())).validate(wrong)


def test_services_name_only_services_and_volumes_that_exist(services: dict[str, Any]) -> None:
    volumes = compose_file()["volumes"].keys()
    for name, service in services.items():
        assert service.get("depends_on", {}).keys() <= services.keys(), name
        assert {volume.partition(":")[0] for volume in service.get("volumes", ())} <= volumes, name


@pytest.mark.parametrize("name", ["LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"])
def test_required_variables_are_named(name: str) -> None:
    with pytest.raises(LookupError, match=name):
        interpolated((ROOT / "compose.yaml").read_text(), {**ENV, name: ""})


def test_endpoint_starts_without_provider_keys() -> None:
    """As docs/deploy-livekit-cloud.md says: Compose requires the variables of the whole file."""
    ours = {name: value for name, value in ENV.items() if name.startswith("LIVEKIT_")}
    interpolated((ROOT / "compose.yaml").read_text(), ours)


def test_livekit_sends_its_webhooks_to_the_endpoint(services: dict[str, Any]) -> None:
    config = yaml.safe_load(services["livekit"]["environment"]["LIVEKIT_CONFIG"])
    webhook = config["webhook"]
    assert webhook["api_key"] == ENV["LIVEKIT_API_KEY"]
    [url] = webhook["urls"]
    [port] = published_ports(services["endpoint"])
    assert url == f"http://endpoint:{port['target']}{WEBHOOK_PATH}"
    assert f"handle {WEBHOOK_PATH} {{" in (ROOT / "deploy/page/Caddyfile").read_text()


def test_processes_can_be_given_all_of_their_settings_and_no_others(
    services: dict[str, Any],
) -> None:
    for name, kind in (("worker", WorkerSettings), ("endpoint", EndpointSettings)):
        environment = services[name]["environment"]
        assert kind.names() - FIXED <= environment.keys()
        assert environment.keys() - OTHERS - {"HEALTH_URL"} <= kind.names()
        of_worker = {"RUST_LOG", "LIVEKIT_AGENTS_LOOP_BLOCK_WARN_MS"}
        assert environment.keys() >= (OTHERS if name == "worker" else OTHERS - of_worker)
        # A variable without a value is passed on from .env.
        kind.from_env({k: ENV.get(k, "") if v is None else v for k, v in environment.items()})


def test_services_restart_have_health_checks_and_no_privileges(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["restart"] == "unless-stopped", name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        # Worker and endpoint use the health check of the image.
        assert "healthcheck" in service or service["image"].startswith("training-greeter:"), name
        assert re.search(r":v?\d", service["image"]), f"{name}: no version"


def test_services_stop_only_after_running_greetings(services: dict[str, Any]) -> None:
    drain_s = WorkerSettings.from_env(ENV).drain_timeout_s
    for name in ("worker", "livekit"):
        assert seconds(services[name]["stop_grace_period"]) > drain_s


def seconds(duration: str) -> int:
    found = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", duration)
    assert found
    return 60 * int(found[1] or 0) + int(found[2] or 0)


def test_second_worker_can_run_beside_the_first_during_an_update(services: dict[str, Any]) -> None:
    """docs/deploy-self-hosted.md: `--scale worker=2`."""
    assert not services["worker"].keys() & {"container_name", "ports", "deploy", "scale"}


def test_images_have_a_version(services: dict[str, Any]) -> None:
    for service in services.values():
        _, _, tag = service["image"].partition(":")
        assert re.match(r"v?\d+\.\d+\.\d+", tag), service["image"]


def test_only_media_and_page_ports_are_public(services: dict[str, Any]) -> None:
    public = {
        int(port["published"] or 0)
        for service in services.values()
        for port in published_ports(service)
        if port["host_ip"] != "127.0.0.1"
    }
    assert public == {80, 443, 7881, 7882}


def test_every_service_rotates_its_log_and_has_a_memory_limit(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["logging"]["options"] == {"max-size": "20m", "max-file": "5"}, name
        assert re.fullmatch(r"\d+[mg]", service["mem_limit"]), name


def test_redis_keeps_its_data_and_stays_below_its_memory_limit(services: dict[str, Any]) -> None:
    command = services["redis"]["command"]
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert options["--maxmemory-policy"] == "noeviction"
    assert int(options["--maxmemory"].removesuffix("mb")) * 2 <= int(
        services["redis"]["mem_limit"].removesuffix("m")
    )
