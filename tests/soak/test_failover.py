"""Two workers, two endpoint replicas, one Redis: one of each is killed while greetings run.

Every trainee is greeted, and a new agent knows the answers given to a killed one. No avatar is paid
for twice and no outcome is delivered twice.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio as redis
from livekit import rtc

from agent.core.settings import StoreSettings
from agent.store import Store, open_store
from agent.store.redis_server import AVATAR_DAYS
from tests.integration.cluster import Cluster, running_cluster
from tests.support.conversation import calls, saved, says
from tests.support.endpoint_process import agents_in
from tests.support.livekit_client import LiveKitClient
from tests.support.waiting import until, until_answer

pytestmark = pytest.mark.skipif(
    shutil.which("redis-server") is None,
    reason="redis-server is not on PATH",
)

GREETED_AGAIN_S = 60.0
"""LiveKit lists a dead agent for about 20 s; then the endpoint dispatches another."""
PROMISED_S = 30.0 + 15.0
"""Within 30 s the avatar of a killed job has left; the rest is for a busy machine."""
LEASE_S = 20.0


async def greeted(cluster: Cluster, session_id: str, http: Any = None) -> LiveKitClient:
    """Request a greeting, join, and wait for the opening."""
    answer = await cluster.ask(session_id, http)
    assert answer.status_code in (200, 201), answer.text
    client = await cluster.join(answer.json())
    await client.hears(after=0)
    return client


async def type_and_be_answered(client: LiveKitClient, text: str, answer: str) -> None:
    await client.silence()
    await client.type(text)
    assert client.agent is not None
    guide = client.agent.identity
    await until(lambda: answer in client.said(guide), 60, f"no {answer!r} to {text!r}")


async def is_saved(store: Store, session_id: str, *texts: str) -> None:
    """Wait until a job has saved these texts; after a kill only saved state is known."""
    await until_answer(
        lambda: store.outcomes(session_id),
        lambda saved: any(all(text in body for text in texts) for body in saved),
        timeout_s=60,
    )


async def request_from_both_replicas_at_once(cluster: Cluster, session_id: str) -> LiveKitClient:
    """Request one greeting four times from two replicas: one dispatch, one agent, one avatar."""
    both = [replica.http for replica in cluster.replicas] * 2
    answers = await asyncio.gather(*(cluster.ask(session_id, http) for http in both))
    assert sorted(a.status_code for a in answers) == [200, 200, 200, 201]
    room = answers[0].json()["room_name"]
    sent_for = await cluster.api.agent_dispatch.list_dispatch(room)
    assert [dispatch.agent_name for dispatch in sent_for if dispatch.agent_name] == ["greeter"]
    client = await cluster.join(answers[0].json())
    await client.hears(after=0)
    await asyncio.sleep(4)  # longer than a replica waits before it sends another
    # One agent and one avatar.
    await until_answer(lambda: agents_in(cluster.api, session_id), lambda found: len(found) == 2)
    assert len(await cluster.avatars(session_id)) == 1
    return client


@pytest.mark.timeout(400)
async def test_killed_worker_and_replica_lose_no_greeting_and_pay_nothing_twice(
    redis_url: str, tmp_path: Path
) -> None:
    keep = os.environ.get("KEEP_LOGS_IN")
    folder = Path(keep) / "two-of-each" if keep else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    async with redis.Redis.from_url(redis_url) as raw:
        await raw.flushdb()  # of an earlier run
    store = open_store(StoreSettings.from_env({"REDIS_URL": redis_url}))
    async with running_cluster(redis_url, folder) as cluster:
        first, second, _ = await asyncio.gather(
            cluster.start_replica(),
            cluster.start_replica(),
            cluster.start_worker("one", max_jobs=2),
        )
        raced = await request_from_both_replicas_at_once(cluster, "raced")
        told = await greeted(cluster, "told", first.http)
        # The first worker is full, so the second one takes the next greetings.
        await cluster.start_worker("two", max_jobs=4)
        spared = await greeted(cluster, "spared", first.http)
        await cluster.providers.script(calls(saved("driven_before", True)), says("You have, then."))
        await type_and_be_answered(told, "Yes, I have", "You have, then.")
        await is_saved(store, "told", '"driven_before"', '"avatar_session_id":"')
        await is_saved(store, "raced", '"avatar_session_id":"')
        lost = {c: c.agent.identity for c in (raced, told) if c.agent}
        assert len(lost) == 2

        cluster.kill_worker("one")
        await cluster.kill_replica(first)
        killed_at, killed_at_date = time.monotonic(), time.time()
        # As a Deployment does, while the pages of the trainees ask again.
        replacement = asyncio.create_task(cluster.start_replica())
        answers = await asyncio.gather(*(cluster.ask(session) for session in ("raced", "told")))
        assert [a.status_code for a in answers] == [200, 200]
        newcomer = await greeted(cluster, "newcomer")
        await cluster.providers.script(says("About ten minutes."))
        await type_and_be_answered(spared, "How long is the video?", "About ten minutes.")
        third = await replacement
        await avatars_are_gone(cluster, before=killed_at_date, but="spared", within_s=PROMISED_S)
        for client, guide in lost.items():
            await greeted_again(client, guide, killed_at + GREETED_AGAIN_S)
        print(
            f"all trainees were greeted again {time.monotonic() - killed_at:.1f} s after the kill"
        )

        clients = {"raced": raced, "told": told, "spared": spared, "newcomer": newcomer}
        for client in clients.values():
            await client.press_continue()
        expected = {
            ("raced", "worker_lost"),
            ("told", "worker_lost"),
            *((session, "continue") for session in clients),
        }
        await cluster.platform.has(len(expected), timeout_s=LEASE_S + 40)
        await asyncio.sleep(3)  # a second delivery would come by then
        outcomes = [message["data"] for message in cluster.platform.verified()]
        check_outcomes(outcomes, expected)
        await check_payments(cluster, redis_url, outcomes, again={"raced", "told"})
        check_logs(cluster, lost=2, delivered=len(expected))
        for replica in (second, third):
            over = await cluster.ask("told", replica.http)
            assert (over.status_code, over.json()["error"]["code"]) == (409, "session_ended")
    await store.aclose()


async def greeted_again(client: LiveKitClient, dead: str, by: float) -> None:
    """Wait until another agent has joined and spoken."""

    def another() -> rtc.RemoteParticipant | None:
        return client.agent if client.agent and client.agent.identity != dead else None

    await until(lambda: another() is not None, by - time.monotonic(), "no other agent joined")
    guide = another()
    assert guide is not None
    await until(lambda: bool(client.said(guide.identity)), 60, "the other agent said nothing")
    assert client.disconnected_at is None


async def avatars_are_gone(cluster: Cluster, *, before: float, but: str, within_s: float) -> None:
    """Wait until the avatars of the killed jobs have left, by the provider's record."""
    until_ = time.monotonic() + within_s
    while still := [
        s
        for s in await cluster.providers.sessions()
        if s["created_at"] < before and not s["room"].endswith(but) and not s["left_at"]
    ]:
        assert time.monotonic() < until_, f"still paid for: {still}"
        await asyncio.sleep(0.1)


def check_outcomes(outcomes: list[dict[str, Any]], expected: set[tuple[str, str]]) -> None:
    """Each greeting has one outcome; an answer given before the kill is in both of its session."""
    assert sorted((o["session_id"], o["ended"]["reason"]) for o in outcomes) == sorted(expected)
    assert len({o["id"] for o in outcomes}) == len(outcomes)
    told = [o["answers"]["driven_before"]["value"] for o in outcomes if o["session_id"] == "told"]
    assert told == [True, True]


async def check_payments(
    cluster: Cluster, redis_url: str, outcomes: list[dict[str, Any]], *, again: set[str]
) -> None:
    """Each agent had one avatar, and the ledger counts each avatar once."""
    for session in {o["session_id"] for o in outcomes}:
        sent = await cluster.avatars(session)
        assert len(sent) == (2 if session in again else 1), sent
        assert all(avatar["left_at"] for avatar in sent)
    async with redis.Redis.from_url(redis_url, decode_responses=True) as raw:
        spent = sum(map(float, (await raw.hgetall(AVATAR_DAYS)).values()))
    assert spent == pytest.approx(sum(o["avatar_seconds"] for o in outcomes), abs=0.01)


def check_logs(cluster: Cluster, *, lost: int, delivered: int) -> None:
    """Every delivery and every lost worker is logged once, and no error."""
    counts = Counter(event.get("event") for event in cluster.events())
    assert (counts["worker_lost"], counts["outcome_delivered"]) == (lost, delivered)
    assert cluster.errors() == []
