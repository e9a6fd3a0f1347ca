"""`doctor --residency eu`, and the check of Vertex AI."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from agent.cli.doctor.checks import gemini, residency
from agent.cli.doctor.configuration import read_configuration
from agent.cli.doctor.http_client import HttpClient
from agent.core.http_session import http_session
from tests.fakes.vertex import vertex
from tests.support.environments import BOTH_PARTS, BOTH_SERVICES
from tests.support.other_user import of_another_user, visible_folder

EU = {
    **{name: value for name, value in BOTH_SERVICES.items() if name != "GOOGLE_API_KEY"},
    "GOOGLE_GENAI_USE_VERTEXAI": "true",
    "GOOGLE_CLOUD_PROJECT": "greeter",
    "GOOGLE_CLOUD_LOCATION": "eu",
    "DEEPGRAM_BASE_URL": "https://api.eu.deepgram.com",
    "VOICES": "en=aura-2-andromeda-en",
    "FALLBACK_VOICE": "",
}


def levels(**changed: str) -> dict[str, str]:
    config = read_configuration({**EU, **changed}, parts=BOTH_PARTS)
    assert config.problems == {}
    return {r.check.removeprefix("residency."): str(r.level) for r in residency.check(config)}


def test_residency_of_eu_settings_fails_nothing() -> None:
    assert levels() == {
        "livekit": "warning",  # the account decides
        "avatar": "warning",
        "deepgram": "ok",
        "model": "warning",
        "voice": "ok",
        "recognition": "ok",
        "turn_detector": "ok",
        "recordings": "ok",
    }


def test_residency_of_the_defaults_fails_what_has_no_region() -> None:
    found = residency.check(read_configuration(BOTH_SERVICES, parts=BOTH_PARTS))
    failed = [r.check.removeprefix("residency.") for r in found if r.level == "failed"]
    assert failed == ["deepgram", "model", "voice", "recognition"]


def test_residency_check_needs_the_settings_of_the_worker() -> None:
    config = read_configuration(BOTH_SERVICES, parts=frozenset({"endpoint"}))
    assert [str(r.level) for r in residency.check(config)] == ["skipped"]


@pytest.mark.parametrize(
    ("changed", "check", "level"),
    [
        ({"GOOGLE_CLOUD_LOCATION": "europe-west4"}, "model", "warning"),
        ({"GOOGLE_CLOUD_LOCATION": "europe-west2"}, "model", "failed"),
        ({"GOOGLE_CLOUD_LOCATION": "us-central1"}, "model", "failed"),
        ({"GOOGLE_CLOUD_LOCATION": "global"}, "model", "failed"),
        ({"DEEPGRAM_BASE_URL": "https://api.deepgram.com"}, "deepgram", "failed"),
        ({"DEEPGRAM_BASE_URL": "https://api.au.deepgram.com"}, "deepgram", "failed"),
        ({"DEEPGRAM_BASE_URL": "https://speech.example.com"}, "deepgram", "warning"),
        ({"FALLBACK_VOICE": "gemini:Kore"}, "voice", "warning"),
        (
            {"GEMINI_STT_MODEL": "gemini-3.5-transcribe-live", "GOOGLE_API_KEY": "AIza0123456789"},
            "recognition",
            "failed",
        ),
        ({"TURN_DETECTOR": "cloud"}, "turn_detector", "warning"),
        ({"RECORDING": "worker"}, "recordings", "ok"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, "traces", "warning"),
    ],
)
def test_residency_finds_what_leaves_the_eu(
    changed: dict[str, str], check: str, level: str
) -> None:
    assert levels(**changed)[check] == level


@pytest.mark.parametrize(
    ("region", "level"), [("eu-central-1", "ok"), ("eu-west-2", "failed"), ("us-east-1", "failed")]
)
def test_residency_finds_a_bucket_outside_the_eu(region: str, level: str) -> None:
    bucket = {
        "RECORDING": "egress",
        "RECORDING_S3_BUCKET": "greetings",
        "RECORDING_S3_ACCESS_KEY": "AKIA0123456789",
        "RECORDING_S3_SECRET": "s3-0123456789",
        "RECORDING_S3_REGION": region,
    }
    assert levels(**bucket)["recordings"] == level


async def lines(environ: dict[str, str]) -> dict[str, str]:
    config = read_configuration({**EU, **environ}, parts=BOTH_PARTS)
    async with http_session() as session:
        found = await gemini.check(config, HttpClient(session))
    return {r.check: f"{r.level}: {r.what}" for r in found}


async def test_doctor_asks_the_models_and_voices_of_vertex(tmp_path: Path) -> None:
    async with vertex(tmp_path) as (server, environ):
        found = await lines({**environ, "FALLBACK_VOICE": "gemini:Kore"})
        assert {line.partition(":")[0] for line in found.values()} == {"ok", "skipped"}
        assert found["gemini.key"].startswith("ok")
        assert found["gemini.voices"].startswith("ok: all 1 voices")
        assert len(server.paths) == 3
        server.unknown_model = "gemini-2.5"
        broken = await lines(environ)
        assert broken["gemini.model"].startswith("failed: gemini-2.5-flash-lite")


async def test_doctor_says_what_is_wrong_with_the_credentials(tmp_path: Path) -> None:
    async with vertex(tmp_path) as (_, environ):
        missing = {**environ, "GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "none.json")}
        assert "none.json does not exist" in (await lines(missing))["gemini.key"]
        other = {**environ, "GOOGLE_APPLICATION_CREDENTIALS": __file__}
        assert "not a key of a service account" in (await lines(other))["gemini.key"]
        break_token_address(Path(environ["GOOGLE_APPLICATION_CREDENTIALS"]))
        assert "does not accept" in (await lines(environ))["gemini.key"]


async def test_doctor_checks_vertex_without_a_key_of_the_gemini_api(tmp_path: Path) -> None:
    async with vertex(tmp_path) as (_, environ):
        found = await lines({**environ, "GEMINI_STT_MODEL": "transcribe"})
    assert found["gemini.key"].startswith("ok")
    assert found["gemini.hears"].startswith("skipped: GEMINI_STT_MODEL and GOOGLE_API_KEY")


@pytest.mark.skipif(os.name == "nt", reason="needs the permissions of POSIX")
async def test_doctor_names_credentials_of_another_user() -> None:
    with visible_folder() as folder:
        async with vertex(folder) as (_, environ):
            with of_another_user(Path(environ["GOOGLE_APPLICATION_CREDENTIALS"])):
                found = await lines(environ)
    assert "this user may not read" in found["gemini.key"]


def break_token_address(file: Path) -> None:
    account = json.loads(file.read_text())
    file.write_text(json.dumps({**account, "token_uri": f"{account['token_uri']}/none"}))
