"""Metrics of the worker and the token endpoint, as Prometheus scrapes them."""

from __future__ import annotations

import re
import time
from pathlib import Path

import httpx
import pytest

from tests.support.conversation import events_of, wait_for_opening
from tests.support.product import Product
from tests.support.waiting import until, until_answer

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
_WORKER = "training_greeter_"
_ENDPOINT = "training_greeter_endpoint_"


def rise(before: dict[str, float], after: dict[str, float], name: str) -> float:
    return after.get(name, 0) - before.get(name, 0)


async def greet_and_answer(product: Product) -> tuple[str, float]:
    """Play a greeting with one typed question; return its session and its avatar seconds."""
    client, response, _ = await product.enter()
    session_id = response["session_id"]
    # A loaded machine may pause the opening for longer than `silence` waits.
    await until(lambda: "opening_finished" in events_of(product, session_id))
    await client.silence()
    typed_at = time.monotonic()
    await client.type("How long does the video take?")
    await client.hears(after=typed_at)
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

    worker = await product.metrics("worker")

    def rose(name: str) -> float:
        return rise(worker_before, worker, _WORKER + name)

    assert rose('greetings_total{ending="continue",mode="avatar"}') == 1
    assert 0 < rose('first_word_seconds_sum{since="joined"}') < 10
    assert 0 <= rose('first_word_seconds_sum{since="can_hear"}') < 10
    assert rose('first_word_seconds_count{since="can_hear"}') == 1
    assert 0 < rose('first_word_seconds_sum{since="asked"}') < 20
    assert rose('reply_gap_seconds_count{asked="typed"}') == 1
    assert 0 < rose('reply_gap_seconds_sum{asked="typed"}') < 8
    assert rose("avatar_join_seconds_count") == 1
    assert abs(rose("avatar_seconds_total") - avatar_seconds) < 0.2
    assert worker[_WORKER + 'jobs{state="free"}'] > 0

    used_today = _ENDPOINT + "avatar_seconds_today"
    endpoint = await until_answer(  # the endpoint asks the store every few seconds
        lambda: product.metrics("endpoint"), lambda found: found[used_today] > avatar_seconds - 0.2
    )
    for name in (
        'requests_total{outcome="started",route="start"}',
        "greetings_started_total",
    ):
        assert rise(endpoint_before, endpoint, _ENDPOINT + name) == 1, name
    assert endpoint[_ENDPOINT + 'reachable{what="livekit"}'] == 1
    assert endpoint[_ENDPOINT + 'reachable{what="store"}'] == 1
    everything = " ".join([*worker, *endpoint])
    assert session_id not in everything
    assert "Ada" not in everything

    await greet_without_avatar(product)
    labels = 'kind="AvatarRejected",part="avatar",provider="beyond_presence",status="402"'
    name = f"{_WORKER}provider_errors_total{{{labels}}}"
    assert rise(worker_before, await product.metrics("worker"), name) == 1

    # Now every metric has a value. test_dashboard_and_alerts.py (unit) compares the labels too.
    assert queried_metrics() - await exposed_metrics(product) == set()


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
    await until(lambda: client.agent is not None, 60, "no agent joined")
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
        await until(lambda client=client: client.agent is not None, 60, "no agent joined")  # type: ignore[misc]
        await client.press_continue()
        await product.outcome(response["session_id"])
    assert counted(await product.metrics("worker")) - counted(before) == 4
    # The next process may start while the last one ends.
    assert len(list(folder.glob("*.db"))) - files_before < 4


async def test_token_endpoint_does_not_expose_metrics_on_its_public_port(product: Product) -> None:
    assert (await product.http.get("/metrics")).status_code == 404


async def test_worker_and_token_endpoint_are_healthy_and_ready(product: Product) -> None:
    async with httpx.AsyncClient(timeout=15) as http:
        for base in (product.stage.worker_url, product.stage.endpoint_url):
            assert (await http.get(f"{base}/healthz")).json() == {"status": "ok"}
            ready = await http.get(f"{base}/readyz")
            assert ready.status_code == 200
            assert ready.json()["ready"] is True
