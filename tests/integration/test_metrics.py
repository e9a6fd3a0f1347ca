"""What Prometheus is told by the real worker and the real endpoint."""

from __future__ import annotations

import re
import time
from pathlib import Path

import httpx

from tests.integration.test_greeting import the_opening
from tests.support.product import Product
from tests.support.waiting import until

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
_WORKER = "training_greeter_"
_ENDPOINT = "training_greeter_endpoint_"


def rise(before: dict[str, float], after: dict[str, float], name: str) -> float:
    return after.get(name, 0) - before.get(name, 0)


async def greet_and_end(product: Product) -> tuple[str, float]:
    """One greeting with an answer to something typed: its session, and its avatar's seconds."""
    client, ticket, _ = await product.enter()
    await the_opening(client)
    await client.silence()
    typed_at = time.monotonic()
    await client.type("How long does the video take?")
    await client.hears(after=typed_at)
    await client.silence()
    await client.press_continue()
    outcome = await product.outcome(ticket["session_id"])
    return ticket["session_id"], outcome["avatar_seconds"]


async def test_a_greeting_is_counted_by_worker_and_endpoint(product: Product) -> None:
    worker_before = await product.metrics("worker")
    endpoint_before = await product.metrics("endpoint")
    session_id, avatar_seconds = await greet_and_end(product)

    worker = await product.metrics("worker")

    def rose(name: str) -> float:
        return rise(worker_before, worker, _WORKER + name)

    assert rose('greetings_total{ending="continue",mode="avatar"}') == 1
    assert 0 < rose('first_word_seconds_sum{since="joined"}') < 10
    assert 0 < rose('first_word_seconds_sum{since="asked"}') < 20
    assert rose('reply_gap_seconds_count{asked="typed"}') == 1
    assert 0 < rose('reply_gap_seconds_sum{asked="typed"}') < 8
    assert rose("avatar_join_seconds_count") == 1
    assert abs(rose("avatar_seconds_total") - avatar_seconds) < 0.2
    assert worker[_WORKER + 'jobs{state="free"}'] > 0

    endpoint = await product.metrics("endpoint")
    for name in (
        'requests_total{outcome="started",route="start"}',
        "greetings_started_total",
    ):
        assert rise(endpoint_before, endpoint, _ENDPOINT + name) == 1, name
    assert endpoint[_ENDPOINT + 'reachable{what="livekit"}'] == 1
    assert endpoint[_ENDPOINT + 'reachable{what="store"}'] == 1
    assert endpoint[_ENDPOINT + "avatar_seconds_today"] >= 0
    everything = " ".join([*worker, *endpoint])
    assert session_id not in everything
    assert "Ada" not in everything


async def test_jobs_counts_outlive_them_in_files_that_are_used_again(product: Product) -> None:
    """However many jobs there were, there are as many files as there were processes at once."""
    [folder] = {
        Path(event["path"])
        for event in product.events("worker")
        if event["message"] == "cleaning prometheus multiprocess directory"
    }

    def counted(found: dict[str, float]) -> float:
        return sum(v for name, v in found.items() if name.startswith(_WORKER + "greetings_total"))

    before, files_before = await product.metrics("worker"), len(list(folder.glob("*.db")))
    for _ in range(4):
        client, ticket, _ = await product.enter()
        await until(lambda client=client: client.agent is not None, 10, "no greeter came")  # type: ignore[misc]
        await client.press_continue()
        await product.outcome(ticket["session_id"])
    assert counted(await product.metrics("worker")) - counted(before) == 4
    # One process more at once than before, perhaps: the next one while the last one ends.
    assert len(list(folder.glob("*.db"))) - files_before < 4


async def test_a_providers_failure_is_counted_by_who_and_how(product: Product) -> None:
    assert product.here.stand_ins is not None
    before = await product.metrics("worker")
    await product.here.stand_ins.faults("bey:402")
    client, ticket, _ = await product.enter()
    await the_opening(client)
    await client.press_continue()
    await product.outcome(ticket["session_id"])
    labels = 'kind="AvatarRejected",part="avatar",provider="beyond_presence",status="402"'
    name = f"{_WORKER}provider_errors_total{{{labels}}}"
    assert rise(before, await product.metrics("worker"), name) == 1


async def test_dashboard_and_alerts_ask_for_what_the_stage_exposes(product: Product) -> None:
    """After the greetings above, the failed provider among them; see also unit/test_watching."""
    names: set[str] = set()
    for process in ("worker", "endpoint"):
        for name, kind in re.findall(r"^# TYPE (\S+) (\w+)", await product.scrape(process), re.M):
            names.add(f"{name}_bucket" if kind == "histogram" else name)
    texts = [
        path.read_text()
        for path in (DEPLOY / "prometheus", DEPLOY / "grafana")
        for path in path.iterdir()
    ]
    asked = set(re.findall(r"training_greeter_\w+", " ".join(texts)))
    assert len(asked) > 15
    assert asked - names == set()


async def test_metrics_are_not_at_the_port_that_trainees_reach(product: Product) -> None:
    assert (await product.http.get("/metrics")).status_code == 404


async def test_both_processes_say_that_they_are_alive_and_ready(product: Product) -> None:
    async with httpx.AsyncClient(timeout=5) as http:
        for base in (product.here.worker_url, product.here.endpoint_url):
            assert (await http.get(f"{base}/healthz")).json() == {"status": "ok"}
            ready = await http.get(f"{base}/readyz")
            assert ready.status_code == 200
            assert ready.json()["ready"] is True
