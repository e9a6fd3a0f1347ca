"""Checks of outcome delivery between a real store and a real receiver on loopback."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agent.core.records import Answer, Line
from agent.core.settings import StoreSettings
from agent.outcomes.delivery import DeliveryTimes, OutcomeDelivery
from agent.outcomes.outcome import Outcome
from agent.store import Store
from tests.support.outcomes import FAST, STARTED, outcome, store_ended
from tests.support.waiting import until_answer
from tests.support.webhook_receiver import receiver


async def ended(store: Store, id_: str, session_id: str = "s") -> None:
    """Add an outcome that is due."""
    await store_ended(store, outcome(id_, session_id), "continue")


async def all_done(store: Store) -> bool:
    """Nothing is due or reserved."""
    return not await store.due_outcomes(1, overdue_s=-1000)


async def check_delivery_retries_until_accepted(store: Store) -> None:
    await ended(store, "o")
    async with receiver(500, "hang", "redirect", "drop", 401) as platform:
        times = replace(FAST, timeout_s=0.3)
        async with OutcomeDelivery(store, platform.settings(), times):
            await platform.has(6)
            await until_answer(lambda: all_done(store))
            # An answer that takes longer than the timeout is rightly asked for again.
            sent = len(platform.requests)
            await asyncio.sleep(0.1)  # a further attempt would come now
        assert len(platform.requests) == sent
        assert {headers["webhook-id"] for headers, _ in platform.requests} == {"outcome_o"}
        assert len({body for _, body in platform.requests}) == 1
        assert {m["data"]["ended"]["reason"] for m in platform.verified()} == {"continue"}
    assert len(await store.outcomes("s")) == 1, "a delivered outcome is kept"


async def check_several_deliveries_send_each_outcome_once(store: Store) -> None:
    for i in range(25):
        await ended(store, f"o{i}")
    async with receiver() as platform, AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(OutcomeDelivery(store, platform.settings(), FAST))
        await platform.has(25)
        await until_answer(lambda: all_done(store))
        await asyncio.sleep(0.1)  # a second delivery would come now
        assert sorted(platform.ids()) == sorted(f"o{i}" for i in range(25))


async def check_expired_outcome_is_closed_with_what_was_saved(store: Store) -> None:
    met_at, answered_at = STARTED + timedelta(seconds=5), STARTED + timedelta(seconds=40)
    record = outcome(
        "o",
        met_at=met_at,
        opened_at=STARTED + timedelta(seconds=8),
        answers={
            "years": Answer(type="number", status="answered", value=3, at=answered_at),
            "ready": Answer(type="yes_no"),
        },
        transcript=[Line(who="guide", at=met_at, text="Hello")],
        duration_s=40.5,
        talk_s=32.5,
        avatar_seconds=31.5,
    )
    await store.open_outcome("o", "s", record.model_dump_json(), -1)
    async with receiver() as platform, AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(OutcomeDelivery(store, platform.settings(), FAST))
        await platform.has(1)
    [message] = platform.verified()
    sent = Outcome.model_validate(message["data"])
    assert sent.ended is not None
    assert sent.ended.reason == "worker_lost"
    assert abs((datetime.now(UTC) - sent.ended.at).total_seconds()) < 30
    assert (sent.duration_s, sent.talk_s, sent.avatar_seconds) == (40.5, 32.5, 31.5)
    assert sent.answers == record.answers
    assert sent.transcript == record.transcript
    day = f"{sent.ended.at:%Y-%m-%d}"
    assert await store.avatar_seconds(day) == 0, "the job has already added its seconds"
    assert Outcome.model_validate_json((await store.outcomes("s"))[0]) == sent


async def check_outcome_with_a_renewed_lease_is_not_closed(store: Store) -> None:
    body = outcome("o").model_dump_json()
    await store.open_outcome("o", "s", body, 0.1)
    assert await store.open_outcome("o", "s", body, 60)
    await asyncio.sleep(0.15)  # the first lease would have expired
    async with receiver() as platform, OutcomeDelivery(store, platform.settings(), FAST):
        await asyncio.sleep(0.2)  # several rounds
    assert platform.requests == []


async def check_forgotten_outcome_is_not_sent(store: Store) -> None:
    await ended(store, "o")
    async with receiver("hang") as platform:
        slow = replace(FAST, timeout_s=2, retry_s=(0.02,))
        async with OutcomeDelivery(store, platform.settings(), slow):
            await platform.has(1)
            await store.open_outcome("expired", "s", outcome("expired").model_dump_json(), -1)
            # The attempt is still running, so no other one begins before this.
            assert await store.forget_session("s") == 2
            await asyncio.sleep(2.5)  # the next attempt would come
        assert platform.ids() == ["o"]
    assert await store.outcomes("s") == []


async def check_outcome_without_webhook_is_done_and_kept(store: Store) -> None:
    await ended(store, "o")
    async with OutcomeDelivery(store, StoreSettings.from_env({}), replace(FAST, no_webhook_s=0)):
        await until_answer(lambda: all_done(store))
    assert len(await store.outcomes("s")) == 1


async def check_process_without_webhook_leaves_the_outcome_to_others(store: Store) -> None:
    await ended(store, "o")
    async with OutcomeDelivery(store, StoreSettings.from_env({}), FAST):
        await asyncio.sleep(0.1)  # several rounds
        async with receiver() as platform, OutcomeDelivery(store, platform.settings(), FAST):
            await platform.has(1)


async def check_outcomes_older_than_retention_are_deleted(store: Store) -> None:
    await ended(store, "o", "old")
    await store.end("old", "continue")
    await asyncio.sleep(0.05)

    async def gone() -> bool:
        return await store.outcomes("old") == [] and await store.phase("old") is None

    short = StoreSettings.from_env({"RETENTION_DAYS": "0.0000005"})  # 43 ms
    async with OutcomeDelivery(store, short, FAST):
        await until_answer(gone)


async def check_last_round_sends_what_is_due(store: Store) -> None:
    times = DeliveryTimes(every_s=3600, timeout_s=20, last_round_s=40)
    async with receiver() as platform:
        async with OutcomeDelivery(store, platform.settings(), times):
            await asyncio.sleep(1)  # the first round is over
            for i in range(12):
                await ended(store, f"o{i}")
            assert platform.requests == []
        assert len(platform.requests) == 12


async def check_shutdown_does_not_wait_for_a_hanging_platform(store: Store) -> None:
    await ended(store, "o")
    async with receiver("hang") as platform:
        began = asyncio.get_running_loop().time()
        async with OutcomeDelivery(
            store, platform.settings(), DeliveryTimes(every_s=0.02, last_round_s=0.2)
        ):
            await platform.has(1)
        assert asyncio.get_running_loop().time() - began < 10, "the platform hangs for 30 s"
    assert not await all_done(store), "it stays in the store"


async def check_unreadable_outcome_does_not_block_others(store: Store) -> None:
    await store.open_outcome("bad", "s", "no JSON", -1)
    await ended(store, "good")
    async with receiver() as platform, OutcomeDelivery(store, platform.settings(), FAST):
        await platform.has(1)
        await until_answer(lambda: all_done(store))
    assert platform.ids() == ["good"]
    assert (await store.outcomes("s"))[0] == "no JSON"


DELIVERY_CHECKS = [
    check_delivery_retries_until_accepted,
    check_several_deliveries_send_each_outcome_once,
    check_expired_outcome_is_closed_with_what_was_saved,
    check_outcome_with_a_renewed_lease_is_not_closed,
    check_forgotten_outcome_is_not_sent,
    check_outcome_without_webhook_is_done_and_kept,
    check_process_without_webhook_leaves_the_outcome_to_others,
    check_outcomes_older_than_retention_are_deleted,
    check_last_round_sends_what_is_due,
    check_shutdown_does_not_wait_for_a_hanging_platform,
    check_unreadable_outcome_does_not_block_others,
]
