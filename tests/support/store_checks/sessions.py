"""Checks of sessions, claims and leases in a store."""

from __future__ import annotations

import asyncio

from agent.store import PRESUMED, Phase, Store, dispatch_claim


async def check_start_succeeds_for_one_caller(store: Store) -> None:
    found = await asyncio.gather(*(store.start("one") for _ in range(10)))
    assert found.count(None) == 1
    assert found.count(Phase.STARTED) == 9
    assert await store.phase("one") is Phase.STARTED


async def check_phases_follow_each_other(store: Store) -> None:
    assert await store.phase("s") is None
    await store.mark_met("s")
    assert await store.phase("s") is None, "a session that has not started is not met"
    assert await store.start("s") is None
    await store.mark_met("s")
    assert await store.phase("s") is Phase.MET
    assert await store.start("s") is Phase.MET
    assert await store.restart("s") is False, "only an ended session restarts"
    await store.end("s", "continue")
    await store.end("s", "again")
    await store.mark_met("s")
    assert await store.phase("s") is Phase.ENDED
    assert await store.start("s") is Phase.ENDED
    assert await store.phase("other") is None


async def check_end_reason_is_the_first_reported_reason(store: Store) -> None:
    assert await store.end_reason("e") is None
    await store.start("e")
    assert await store.end_reason("e") is None
    await store.end("e", PRESUMED)
    assert await store.end_reason("e") is None, "a presumed reason is not reported"
    await store.end("e", "continue")
    await store.end("e", "again")
    assert await store.end_reason("e") == "continue"


async def check_end_before_start_is_kept(store: Store) -> None:
    await store.end("early", "continue")
    assert await store.start("early") is Phase.ENDED


async def check_restart_succeeds_for_one_caller(store: Store) -> None:
    await store.end("r", "continue")
    assert sorted(await asyncio.gather(*(store.restart("r") for _ in range(5)))) == [False] * 4 + [
        True
    ]
    assert await store.start("r") is None


async def check_forget_phase_keeps_reported_ends(store: Store) -> None:
    await store.forget_phase("unknown")
    for step in (store.start, store.mark_met):
        assert await store.start("f") in (None, Phase.STARTED)
        await step("f")
        await store.forget_phase("f")
        assert await store.phase("f") is None
    await store.end("f", "continue")
    await store.end("f", PRESUMED)
    await store.forget_phase("f")
    assert await store.phase("f") is Phase.ENDED, "a reported end is kept"


async def check_reported_end_replaces_a_presumed_end(store: Store) -> None:
    await store.start("p")
    await store.end("p", PRESUMED)
    assert await store.start("p") is Phase.ENDED
    await store.forget_phase("p")
    assert await store.start("p") is None, "the presumed end was deleted"
    await store.end("p", PRESUMED)
    await store.end("p", "continue")
    await store.forget_phase("p")
    assert await store.phase("p") is Phase.ENDED, "the reported reason replaced the presumed one"


async def check_claim_succeeds_for_one_caller_until_it_expires(store: Store) -> None:
    taken = await asyncio.gather(*(store.claim("c", 30) for _ in range(10)))
    assert taken.count(True) == 1
    assert await store.claim("other", 30)
    assert await store.claim("short", 0.05)
    await asyncio.sleep(0.1)
    assert await store.claim("short", 30)
    assert not await store.claim("c", 30)


async def check_the_end_of_an_older_room_changes_nothing(store: Store) -> None:
    await store.start("room")
    await store.set_room("room", "RM_2")
    await store.end("room", "completed", room_sid="RM_1")
    await store.forget_phase("room", room_sid="RM_1")
    assert await store.phase("room") is Phase.STARTED
    await store.end("room", PRESUMED, room_sid="RM_2")
    await store.forget_phase("room", room_sid="RM_2")
    assert await store.start("room") is None
    await store.end("room", "completed", room_sid="RM_3")
    assert await store.end_reason("room") == "completed", "the room is not known yet"


async def check_a_lease_has_one_holder_until_it_expires(store: Store) -> None:
    assert await store.hold_lease("l", "one", 30)
    assert not await store.hold_lease("l", "two", 30)
    assert await store.hold_lease("l", "one", 0.05)
    await asyncio.sleep(0.1)  # the lease must expire
    assert await store.hold_lease("l", "two", 30)
    assert not await store.hold_lease("l", "one", 30)
    await store.release_lease("l", "one")
    assert not await store.hold_lease("l", "one", 30)
    assert await store.lease_is_held("l")
    await store.release_lease("l", "two")
    assert not await store.lease_is_held("l")
    assert await store.hold_lease("l", "one", 0.05)
    await asyncio.sleep(0.1)
    assert not await store.lease_is_held("l")


async def check_start_claims_the_dispatch(store: Store) -> None:
    assert await store.start("d", claim_dispatch_s=30) is None
    assert not await store.claim(dispatch_claim("d"), 30)
    await store.start("old")
    await store.start("old", claim_dispatch_s=30)
    assert await store.claim(dispatch_claim("old"), 30), "only the first start claims it"


async def check_request_of_an_ended_session_is_not_recorded(store: Store) -> None:
    assert await store.save_request("n", "{}", room_sid="RM_1", dispatched=True) is None
    assert await store.phase("n") is Phase.STARTED
    await store.end("n", "continue")
    await store.forget_session("n")
    await store.end("n", "continue")
    ended = await store.save_request("n", "{}", room_sid="RM_2", dispatched=True)
    assert ended is Phase.ENDED
    assert await store.recent_requests(30, keep_s=60) == []


async def check_recent_requests(store: Store) -> None:
    assert await store.recent_requests(30, keep_s=60) == []
    await store.start("a")
    await store.save_request("a", '{"v":1}', room_sid="RM_1", dispatched=True)
    await store.save_request("a", '{"v":2}', room_sid="RM_1", dispatched=False)
    await store.save_request("b", "{}", room_sid="RM_2", dispatched=False)
    first, second = await store.recent_requests(30, keep_s=60)
    assert (first.session_id, first.job_metadata) == ("a", '{"v":1}')
    assert first.dispatched_at is not None
    now = asyncio.get_running_loop().time()
    assert now - 10 < first.dispatched_at <= first.asked_at < now + 0.1
    assert (second.session_id, second.dispatched_at) == ("b", None)
    await store.set_room("b", "RM_3")
    assert [r.room_sid for r in await store.recent_requests(30, keep_s=60)] == ["RM_1", "RM_3"]
    await store.end("a", "completed", room_sid="RM_0")
    assert await store.phase("a") is Phase.STARTED, "the request recorded the room"
    await store.forget_session("a")
    assert [r.session_id for r in await store.recent_requests(30, keep_s=60)] == ["b"]
    await asyncio.sleep(2.5)  # longer than a busy machine stops a process
    await store.save_request("c", "{}", room_sid="RM_4", dispatched=False)
    assert [r.session_id for r in await store.recent_requests(2.4, keep_s=60)] == ["c"]
    assert [r.session_id for r in await store.recent_requests(30, keep_s=60)] == ["b", "c"]
    await store.recent_requests(2.4, keep_s=2.4)
    assert [r.session_id for r in await store.recent_requests(30, keep_s=60)] == ["c"]


SESSION_CHECKS = [
    check_start_succeeds_for_one_caller,
    check_phases_follow_each_other,
    check_end_reason_is_the_first_reported_reason,
    check_end_before_start_is_kept,
    check_restart_succeeds_for_one_caller,
    check_forget_phase_keeps_reported_ends,
    check_reported_end_replaces_a_presumed_end,
    check_claim_succeeds_for_one_caller_until_it_expires,
    check_the_end_of_an_older_room_changes_nothing,
    check_a_lease_has_one_holder_until_it_expires,
    check_start_claims_the_dispatch,
    check_request_of_an_ended_session_is_not_recorded,
    check_recent_requests,
]
