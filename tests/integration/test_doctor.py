"""`python -m agent doctor` on the running product, with valid settings and other workers."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path

import pytest
from livekit import api

from agent.cli.doctor.report import as_text
from agent.cli.doctor.result import Level
from agent.demo.processes import plain_environment
from tests.support.doctor_report import results_for
from tests.support.product import Product

pytestmark = pytest.mark.usefixtures("no_probe_left")


async def _doctor(folder: Path, environ: dict[str, str], *arguments: str) -> tuple[int, str]:
    """Run `python -m agent doctor`, with longer time limits; return its exit code and output."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.doctor_report", *arguments),
        cwd=folder,
        env={**plain_environment(), **environ},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 180)
    assert process.returncode is not None
    return process.returncode, out.decode() + err.decode()


async def test_doctor_finds_no_problem_in_the_running_product(
    product: Product, tmp_path: Path
) -> None:
    code, out = await _doctor(tmp_path, product.stage.environment, "--json")
    report = json.loads(out)
    assert code == 0, out
    assert report["ok"] is True
    levels = {check["check"]: check["level"] for check in report["checks"]}
    assert set(levels.values()) == {"ok"}, out
    assert {
        "settings",
        "store.usable",
        "store.fingerprint",
        "store.shared",
        "livekit.credentials",
        "livekit.websocket",
        "worker.registered",
        "worker.health",
        "outside.url",
        "beyond_presence.key",
        "beyond_presence.avatar",
        "beyond_presence.minutes",
        "deepgram.hears",
        "deepgram.voices",
        "gemini.model",
        "scripts.voices",
        "endpoint.key",
        "endpoint.jwt",
        "endpoint.origins",
        "webhook.reachable",
        "clock",
        "machine.disk",
    } <= levels.keys()


async def test_doctor_reports_errors_in_dotenv(product: Product, tmp_path: Path) -> None:
    """One line is not a setting, and another one has an invalid URL."""
    environ = dict(product.stage.environment)
    del environ["LIVEKIT_URL"]
    (tmp_path / ".env").write_text("LIVEKIT_URL=redis://x\n= nonsense\n")
    code, out = await _doctor(tmp_path, environ)
    assert code == 1
    assert re.search(r"failed +settings\.file +\.env line 2 is not NAME=value", out), out
    assert re.search(r"failed +settings\.LIVEKIT_URL +LIVEKIT_URL must look like wss://", out), out
    assert re.search(r"ok +gemini\.key ", out), out


async def test_doctor_for_worker_does_not_need_the_endpoints_settings(
    product: Product, tmp_path: Path
) -> None:
    environ = {
        name: value
        for name, value in product.stage.environment.items()
        if not name.startswith(("PLATFORM_", "CORS_", "ENDPOINT_"))
    }
    code, out = await _doctor(tmp_path, environ, "--for", "worker")
    assert code == 0, out


async def test_doctor_finds_a_worker_that_runs_greetings(product: Product) -> None:
    """The running greeting is not disturbed."""
    client, response, _ = await product.enter()
    results = await results_for(product.stage.environment)
    assert not [f for f in results if f.level is Level.FAILED], as_text(results)
    assert response["room_name"] in [
        room.name for room in (await product.livekit.room.list_rooms(api.ListRoomsRequest())).rooms
    ]
    await client.leave()
    await product.end(response["session_id"])
    await product.clear()
