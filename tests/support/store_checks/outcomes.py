"""Checks of outcomes in a store."""

from __future__ import annotations

import asyncio

from agent.store import Phase, Store

LEASE_S = 60.0
EXPIRED_S = -1.0
"""A lease that has already expired."""


async def due_ids(store: Store, **how: float) -> list[str]:
    return [id_ for id_, _, _ in await store.due_outcomes(100, **how)]


async def check_outcome_is_saved_closed_and_delivered(store: Store) -> None:
    await store.open_outcome("o", "s", "1", LEASE_S)
    assert await store.outcomes("s") == ["1"]
    assert await store.open_outcome("o", "s", "2", LEASE_S)
    assert await store.outcomes("s") == ["2"]
    assert await due_ids(store) == []
    assert await store.pending_deliveries() == 0
    assert await store.close_outcome("o", "3")
    assert await store.pending_deliveries() == 1
    assert await store.due_outcomes(10) == [("o", "3", 0)]
    await store.retry_delivery("o", 1, 3600)
    assert await store.pending_deliveries() == 1, "what is due later is pending too"
    await store.finish_delivery("o")
    assert await store.pending_deliveries() == 0
    assert await due_ids(store) == []
    assert await store.outcomes("s") == ["3"], "what was delivered is kept"


async def check_closed_outcome_is_not_changed(store: Store) -> None:
    await store.open_outcome("o", "s", "1", LEASE_S)
    assert await store.close_outcome("o", "closed")
    assert not await store.close_outcome("o", "again")
    assert not await store.open_outcome("o", "s", "later", LEASE_S)
    assert await store.due_outcomes(10) == [("o", "closed", 0)]
    await store.finish_delivery("o")
    await store.retry_delivery("o", 1, 0)
    assert not await store.open_outcome("o", "s", "later", LEASE_S)
    assert await due_ids(store) == [], "a late retry does not make it due again"
    assert await store.outcomes("s") == ["closed"]


async def check_unknown_outcome_is_not_closed(store: Store) -> None:
    assert not await store.close_outcome("o", "1")
    assert not await store.close_outcome("o", "1", only_expired=True)
    await store.retry_delivery("o", 1, 0)
    await store.finish_delivery("o")
    assert await store.outcomes("s") == []
    assert await due_ids(store) == []


async def check_open_outcome_twice_saves(store: Store) -> None:
    await store.open_outcome("o", "s", "1", EXPIRED_S)
    await store.open_outcome("o", "s", "2", LEASE_S)
    assert await store.outcomes("s") == ["2"]
    assert await store.expired_outcomes(10) == []


async def check_close_outcome_succeeds_for_one_caller(store: Store) -> None:
    await store.open_outcome("o", "s", "1", LEASE_S)
    closed = await asyncio.gather(*(store.close_outcome("o", str(i)) for i in range(10)))
    assert closed.count(True) == 1
    assert await store.outcomes("s") == [str(closed.index(True))]


async def check_expired_outcome_is_closed_once(store: Store) -> None:
    await store.open_outcome("alive", "s", "a", LEASE_S)
    await store.open_outcome("expired", "s", "b", EXPIRED_S)
    await store.open_outcome("back", "s", "c", EXPIRED_S - 1)
    assert await store.expired_outcomes(1) == [("back", "c")], "the oldest lease first"
    assert await store.expired_outcomes(10) == [("back", "c"), ("expired", "b")]
    assert await store.open_outcome("back", "s", "c2", LEASE_S)
    assert not await store.close_outcome("back", "gone", only_expired=True), "its lease was renewed"
    assert not await store.close_outcome("alive", "gone", only_expired=True)
    closed = await asyncio.gather(
        *(store.close_outcome("expired", "gone", only_expired=True) for _ in range(5))
    )
    assert closed.count(True) == 1
    assert await store.expired_outcomes(10) == []
    assert await store.due_outcomes(10) == [("expired", "gone", 0)]
    assert await store.outcomes("s") == ["a", "gone", "c2"]


async def check_due_outcome_is_reserved_for_one_caller(store: Store) -> None:
    for i in range(20):
        await store.open_outcome(f"o{i}", "s", str(i), LEASE_S)
        await store.close_outcome(f"o{i}", str(i))
    taken = await asyncio.gather(*(store.due_outcomes(5, reserve_s=60) for _ in range(8)))
    ids = [id_ for batch in taken for id_, _, _ in batch]
    assert sorted(ids) == sorted(f"o{i}" for i in range(20))
    assert await due_ids(store) == []
    await store.retry_delivery("o3", 2, 0)
    assert await store.due_outcomes(5, reserve_s=60) == [("o3", "3", 2)]
    await store.retry_delivery("o3", 3, 60)
    assert await due_ids(store) == []


async def check_reservation_of_a_due_outcome_expires(store: Store) -> None:
    await store.open_outcome("o", "s", "1", LEASE_S)
    await store.close_outcome("o", "1")
    assert await due_ids(store, reserve_s=0.05) == ["o"]
    await asyncio.sleep(0.1)
    assert await due_ids(store) == ["o"]


async def check_due_outcomes_filters_by_overdue_time(store: Store) -> None:
    await store.open_outcome("o", "s", "1", LEASE_S)
    await store.close_outcome("o", "1")
    assert await due_ids(store, overdue_s=60) == []
    assert await due_ids(store, overdue_s=0) == ["o"]
    await store.retry_delivery("o", 1, -61)
    assert await due_ids(store, overdue_s=60) == ["o"]


async def check_outcomes_of_a_session_are_sorted_by_age(store: Store) -> None:
    for id_, session in (("b", "s"), ("a", "s"), ("x", "other"), ("c", "s")):
        await store.open_outcome(id_, session, id_, LEASE_S)
    assert await store.outcomes("s") == ["b", "a", "c"]
    assert await store.outcomes("unknown") == []


async def check_forget_session_deletes_all_and_later_writes_fail(store: Store) -> None:
    await store.start("s")
    await store.open_outcome("open", "s", "1", LEASE_S)
    await store.open_outcome("expired", "s", "1", EXPIRED_S)
    for id_ in ("due", "done"):
        await store.open_outcome(id_, "s", "1", LEASE_S)
        await store.close_outcome(id_, "1")
    await store.finish_delivery("done")
    await store.start("other")
    await store.open_outcome("kept", "other", "k", LEASE_S)
    assert await store.forget_session("s") == 4
    assert await store.phase("s") is None
    assert await store.outcomes("s") == []
    for id_ in ("open", "expired", "due", "done", "never saved"):
        assert not await store.open_outcome(id_, "s", "2", LEASE_S, age_s=60)
        assert not await store.close_outcome(id_, "2")
    assert await store.is_forgotten("s", 60)
    assert not await store.is_forgotten("other", 60)
    await store.retry_delivery("due", 1, 0)
    assert await due_ids(store) == []
    assert await store.expired_outcomes(10) == []
    assert await store.outcomes("s") == []
    assert await store.forget_session("s") == 0
    assert await store.outcomes("other") == ["k"]
    assert await store.phase("other") is Phase.STARTED


async def check_forgotten_session_may_be_greeted_again(store: Store) -> None:
    await store.forget_session("s")
    await asyncio.sleep(0.05)  # the next greeting begins later
    assert not await store.is_forgotten("s", 0.01)
    assert await store.open_outcome("new", "s", "1", LEASE_S, age_s=0.01)
    assert await store.outcomes("s") == ["1"]


async def check_forget_session_wins_over_concurrent_saves(store: Store) -> None:
    await store.open_outcome("o", "s", "1", LEASE_S)
    saves = [store.open_outcome("o", "s", str(i), LEASE_S, age_s=60) for i in range(10)]
    await asyncio.gather(*saves[:5], store.forget_session("s"), *saves[5:])
    assert await store.outcomes("s") == []
    assert not await store.close_outcome("o", "2")


async def check_forget_older_keeps_recent_sessions_and_valid_leases(store: Store) -> None:
    await store.start("phase alone")
    await store.end("ended", "continue")
    await store.open_outcome("closed", "delivered", "1", LEASE_S)
    await store.close_outcome("closed", "1")
    await store.finish_delivery("closed")
    await store.open_outcome("open", "going on", "1", LEASE_S)
    await store.open_outcome("o2", "expired", "1", EXPIRED_S)
    assert await store.forget_older(60) == 0
    assert await store.phase("phase alone") is Phase.STARTED
    await asyncio.sleep(0.01)
    assert await store.forget_older(0.005) == 2
    assert await store.phase("phase alone") is None
    assert await store.phase("ended") is None
    assert await store.outcomes("delivered") == []
    assert await store.outcomes("expired") == []
    assert await store.outcomes("going on") == ["1"], "its lease is valid"
    assert await store.open_outcome("open", "s", "2", LEASE_S)


async def check_forget_older_counts_from_the_last_change(store: Store) -> None:
    await store.open_outcome("old", "s", "1", LEASE_S)
    await store.close_outcome("old", "1")
    await store.end("t", "continue")
    await asyncio.sleep(2.5)  # longer than a busy machine stops a process
    await store.open_outcome("new", "s", "2", LEASE_S)
    await store.close_outcome("new", "2")
    assert await store.forget_older(2.4) == 0
    assert await store.phase("t") is None
    assert await store.outcomes("s") == ["1", "2"]


async def check_forget_older_deletes_more_than_one_batch(store: Store) -> None:
    for i in range(120):
        await store.open_outcome(f"o{i}", f"s{i}", "1", EXPIRED_S)
    await asyncio.sleep(0.002)
    assert await store.forget_older(0.001) == 120
    assert await store.forget_older(0) == 0


OUTCOME_CHECKS = [
    check_outcome_is_saved_closed_and_delivered,
    check_closed_outcome_is_not_changed,
    check_unknown_outcome_is_not_closed,
    check_open_outcome_twice_saves,
    check_close_outcome_succeeds_for_one_caller,
    check_expired_outcome_is_closed_once,
    check_due_outcome_is_reserved_for_one_caller,
    check_reservation_of_a_due_outcome_expires,
    check_due_outcomes_filters_by_overdue_time,
    check_outcomes_of_a_session_are_sorted_by_age,
    check_forget_session_deletes_all_and_later_writes_fail,
    check_forgotten_session_may_be_greeted_again,
    check_forget_session_wins_over_concurrent_saves,
    check_forget_older_keeps_recent_sessions_and_valid_leases,
    check_forget_older_counts_from_the_last_change,
    check_forget_older_deletes_more_than_one_batch,
]
