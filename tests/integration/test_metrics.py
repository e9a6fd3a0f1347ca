"""Metrics of the worker and the token endpoint, as Prometheus scrapes them."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from tests.support.conversation import wait_for_end_of_opening, wait_for_opening
from tests.support.product import Product
from tests.support.shipped_scripts import after_opening
from tests.support.waiting import until, until_answer

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
_WORKER = "training_greeter_"
_ENDPOINT = "training_greeter_endpoint_"
_PLAUSIBLE_S = 60
"""Longer than any delay here; a value in milliseconds would exceed it."""


def rise(before: dict[str, float], after: dict[str, float], name: str) -> float:
    return after.get(name, 0) - before.get(name, 0)


async def greet_and_answer(product: Product) -> tuple[str, float]:
    """Play a greeting with one typed question; return its session and its avatar seconds."""
    client, response, _ = await product.enter()
    session_id = response["session_id"]
    await wait_for_end_of_opening(client)
    await client.silence()
    await client.type("How long does the video take?")
    await until(lambda: "video" in after_opening(client.agent_said), 60, "no answer")
    await client.press_continue()
    outcome = await product.outcome(session_id)
    return session_id, outcome["avatar_seconds"]


async def greet_without_avatar(product: Product) -> None:
    """Play a greeting for which Beyond Presence refuses the avatar."""
    await product.providers.faults("bey:402")
    client, response, _ = await product.enter()
    await wait_for_opening(client)
    await client.press_continue()
    await product.outcome(response["session_id"])


async def test_metrics_count_greetings_and_provider_errors(product: Product) -> None:
    worker_before = await product.metrics("worker")
    endpoint_before = await product.metrics("endpoint")
    session_id, avatar_seconds = await greet_and_answer(product)

    worker = await until_answer(
        lambda: product.metrics("worker"),
        lambda found: found.get(_WORKER + 'jobs{state="free"}', 0) > 0,
    )

    def rose(name: str) -> float:
        return rise(worker_before, worker, _WORKER + name)

    assert rose('greetings_total{ending="continue",mode="avatar"}') == 1
    assert 0 < rose('first_word_seconds_sum{since="joined"}') < _PLAUSIBLE_S
    assert 0 <= rose('first_word_seconds_sum{since="can_hear"}') < _PLAUSIBLE_S
    assert rose('first_word_seconds_count{since="can_hear"}') == 1
    assert 0 < rose('first_word_seconds_sum{since="asked"}') < _PLAUSIBLE_S
    assert rose('reply_gap_seconds_count{asked="typed"}') == 1
    assert 0 < rose('reply_gap_seconds_sum{asked="typed"}') < _PLAUSIBLE_S
    assert rose("avatar_join_seconds_count") == 1
    assert abs(rose("avatar_seconds_total") - avatar_seconds) < 1

    endpoint = await until_answer(  # the endpoint asks store and LiveKit every few seconds
        lambda: product.metrics("endpoint"),
        lambda found: (
            found.get(_ENDPOINT + "avatar_seconds_today", 0) > avatar_seconds - 1
            and found.get(_ENDPOINT + 'reachable{what="livekit"}') == 1
            and found.get(_ENDPOINT + 'reachable{what="store"}') == 1
        ),
    )
    for name in (
        'requests_total{outcome="started",route="start"}',
        "greetings_started_total",
    ):
        assert rise(endpoint_before, endpoint, _ENDPOINT + name) == 1, name
    everything = " ".join([*worker, *endpoint])
    assert session_id not in everything
    assert "Ada" not in everything

    await greet_without_avatar(product)
    labels = 'kind="AvatarRejected",part="avatar",provider="beyond_presence",status="402"'
    name = f"{_WORKER}provider_errors_total{{{labels}}}"
    assert rise(worker_before, await product.metrics("worker"), name) == 1

    # Now every metric has a value. test_dashboard_and_alerts.py (unit) compares the labels too.
    queried = queried_metrics()
    await until_answer(lambda: exposed_metrics(product), lambda exposed: queried <= exposed)


def queried_metrics() -> set[str]:
    """Return the names that the dashboard and the alert rules query."""
    folders = (DEPLOY / "prometheus", DEPLOY / "grafana")
    texts = [path.read_text() for folder in folders for path in folder.iterdir()]
    queried = set(re.findall(r"training_greeter_\w+", " ".join(texts)))
    assert len(queried) > 15
    return queried


async def exposed_metrics(product: Product) -> set[str]:
    """Return the names of all series that the worker and the token endpoint expose."""
    names: set[str] = set()
    for process in ("worker", "endpoint"):
        for name, kind in re.findall(r"^# TYPE (\S+) (\w+)", await product.scrape(process), re.M):
            names.add(f"{name}_bucket" if kind == "histogram" else name)
    return names


async def metrics_folder(product: Product) -> Path:
    """Return the folder that the worker shares with its jobs, from the environment of a job."""
    client, response, _ = await product.enter()
    await client.hears(after=0)  # the agent takes no calls as soon as it has joined
    environ = environment_of(product.job_process(response["session_id"]))
    await client.press_continue()
    await product.outcome(response["session_id"])
    return Path(environ["PROMETHEUS_MULTIPROC_DIR"])


def environment_of(process_id: int) -> dict[str, str]:
    pairs = Path(f"/proc/{process_id}/environ").read_text().split("\0")
    return dict(pair.partition("=")[::2] for pair in pairs)


@pytest.mark.variant
async def test_counts_of_ended_jobs_are_kept_in_reused_files(product: Product) -> None:
    def counted(found: dict[str, float]) -> float:
        return sum(v for name, v in found.items() if name.startswith(_WORKER + "greetings_total"))

    folder = await metrics_folder(product)
    before, files_before = await product.metrics("worker"), len(list(folder.glob("*.db")))
    for _ in range(4):
        client, response, _ = await product.enter()
        await client.hears(after=0)
        await client.press_continue()
        await product.outcome(response["session_id"])
    assert counted(await product.metrics("worker")) - counted(before) == 4
    # The next process may start while the last one ends.
    assert len(list(folder.glob("*.db"))) - files_before < 4


async def test_token_endpoint_does_not_expose_metrics_on_its_public_port(product: Product) -> None:
    assert (await product.http.get("/metrics")).status_code == 404


async def test_worker_and_token_endpoint_are_healthy_and_ready(product: Product) -> None:
    async with httpx.AsyncClient(timeout=30) as http:
        for base in (product.stage.worker_url, product.stage.endpoint_url):
            assert (await http.get(f"{base}/healthz")).json() == {"status": "ok"}
            page = f"{base}/readyz"
            ready = await until_answer(lambda page=page: http.get(page), lambda a: a.is_success)  # type: ignore[misc]
            assert ready.status_code == 200
            assert ready.json()["ready"] is True
