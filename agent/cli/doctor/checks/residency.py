"""`doctor --residency eu`: which settings keep the trainee's data in the European Union.

Only settings are read. What a provider's account decides is a warning with the place to look at;
docs/data-protection.md has the sources.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from agent.cli.doctor.configuration import Configuration
from agent.cli.doctor.result import CheckResult, failed, ok, skipped, warning
from agent.core.addresses import is_private_host
from agent.core.settings import WorkerSettings
from agent.speech.google_access import vertex_address
from agent.speech.voices import gemini_voice

_GOOGLE_OUTSIDE: Final = {"europe-west2", "europe-west6"}
"""London and Zurich."""
_AWS_OUTSIDE: Final = {"eu-west-2", "eu-central-2"}
"""London and Zurich."""
_DEEPGRAM_EU: Final = "api.eu.deepgram.com"


def check(config: Configuration) -> Iterator[CheckResult]:
    """Check the settings of the worker, which is the process that sends data to providers."""
    if "worker" not in config.parts:
        yield skipped("residency.worker", "the worker sends data to providers: run it --for worker")
        return
    worker = config.worker
    yield _livekit(config)
    yield warning(
        "residency.avatar",
        f"{_host(worker.bey_api_url)} uses the nearest region of Beyond Presence, unless the "
        "account is pinned",
        "ask support@beyondpresence.ai for region pinning to the EU, and for Zero Data Retention; "
        "see docs.bey.dev/production/privacy",
    )
    yield _deepgram(config)
    yield _model(worker)
    yield _google_voice(worker)
    check = "residency.recognition"
    if worker.gemini_stt_model:
        yield failed(
            check,
            "if Deepgram fails, Google's Gemini API receives audio, and it has no region",
            "set GEMINI_STT_MODEL to an empty value",
        )
    else:
        yield ok(check, "Google receives no audio (GEMINI_STT_MODEL is empty)")
    check = "residency.turn_detector"
    if worker.turn_detector == "local":
        yield ok(check, "turns are detected in the worker, or by Deepgram")
    else:
        yield warning(
            check,
            "TURN_DETECTOR=cloud sends audio to LiveKit's gateway",
            "set TURN_DETECTOR=local, or run the worker in LiveKit Cloud's eu-central",
        )
    yield _recordings(worker)
    if worker.otel_exporter_otlp_endpoint:
        yield warning(
            "residency.traces",
            f"traces with session ids go to {_host(worker.otel_exporter_otlp_endpoint)}",
            "make sure that this collector stores them in the EU",
        )


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _livekit(config: Configuration) -> CheckResult:
    check = "residency.livekit"
    if unusable := config.lacks("LIVEKIT_URL"):
        return skipped(check, unusable)
    host = _host(config.worker.livekit_url)
    if host.endswith(".livekit.cloud"):
        return warning(
            check,
            "LiveKit Cloud routes to the nearest region, unless the project is pinned",
            "use a project whose data region is the European Union, have it pinned to the EU "
            "(Scale plan), and run the worker in eu-central; see "
            "docs.livekit.io/deploy/admin/regions",
        )
    where = "a private address" if is_private_host(host) else "your own server"
    return warning(
        check, f"{host} is {where}", "make sure that LiveKit and its TURN servers run in the EU"
    )


def _deepgram(config: Configuration) -> CheckResult:
    check = "residency.deepgram"
    if unusable := config.lacks("DEEPGRAM_BASE_URL"):
        return skipped(check, unusable)
    host = _host(config.worker.deepgram_base_url)
    if host == _DEEPGRAM_EU:
        return ok(check, f"Deepgram processes speech in the EU ({host})")
    if host.endswith("deepgram.com"):
        return failed(
            check,
            f"{host} is not Deepgram's EU endpoint",
            f"set DEEPGRAM_BASE_URL=https://{_DEEPGRAM_EU}; the key stays the same",
        )
    return warning(check, f"{host} is not Deepgram's", "make sure that it runs in the EU")


def _model(worker: WorkerSettings) -> CheckResult:
    check = "residency.model"
    if not worker.google_genai_use_vertexai:
        return failed(
            check,
            "the Gemini API has no region",
            "set GOOGLE_GENAI_USE_VERTEXAI=true, GOOGLE_CLOUD_PROJECT and GOOGLE_CLOUD_LOCATION=eu",
        )
    location = worker.google_cloud_location
    if location != "eu" and (
        not re.fullmatch(r"europe-[a-z]+\d+", location) or location in _GOOGLE_OUTSIDE
    ):
        return failed(
            check,
            f"GOOGLE_CLOUD_LOCATION={location} is not in the EU",
            "set it to eu, or to a region such as europe-west4",
        )
    named = dict.fromkeys([worker.gemini_model, worker.gemini_fallback_model])
    models = " and ".join(filter(None, named))
    return warning(
        check,
        f"{models} run on Vertex AI in {location} ({_host(vertex_address(worker))})",
        "check that Google promises ML processing there for these models: "
        "docs.cloud.google.com/gemini-enterprise-agent-platform/resources/data-residency",
    )


def _google_voice(worker: WorkerSettings) -> CheckResult:
    check = "residency.voice"
    named = [name for name, voice in worker.voices.items() if gemini_voice(voice)]
    if gemini_voice(worker.fallback_voice):
        named.append("FALLBACK_VOICE")
    if not named:
        return ok(check, "all voices are Deepgram's")
    if not worker.google_genai_use_vertexai:
        return failed(
            check,
            f"Google's voices ({', '.join(named)}) use the Gemini API, which has no region",
            "use Aura voices in VOICES and an empty FALLBACK_VOICE, or Vertex AI",
        )
    return warning(
        check,
        f"Google's voices ({', '.join(named)}) use {worker.gemini_tts_model} in "
        f"{worker.google_cloud_location}",
        "check that Google promises ML processing there for this model; otherwise use Aura voices "
        "in VOICES and an empty FALLBACK_VOICE",
    )


def _recordings(worker: WorkerSettings) -> CheckResult:
    check = "residency.recordings"
    if worker.recording == "off":
        return ok(check, "greetings are not recorded")
    if not worker.recording_s3_bucket:
        return ok(check, "recordings stay on the worker's disk")
    region = worker.recording_s3_region
    if worker.recording_s3_endpoint:
        what = f"recordings are stored at {_host(worker.recording_s3_endpoint)}"
        return warning(check, what, "make sure that the bucket is in the EU")
    if not region.startswith("eu-") or region in _AWS_OUTSIDE:
        return failed(
            check,
            f"recordings are stored in {region}, which is not in the EU",
            "use a bucket in a region such as eu-central-1 (RECORDING_S3_REGION)",
        )
    return ok(check, f"recordings are stored in {region}")
