"""The avatar ledger against Beyond Presence: the comparison, the command and the daily check."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agent.__main__ import main
from agent.billing import bill
from agent.billing.bill import Bill, compare_new_sessions
from agent.billing.budget import utc_day
from agent.core.http_session import http_session
from agent.core.settings import BillSettings
from agent.store import SqliteStore
from agent.token_endpoint.supervision.bill import BillCheck
from tests.fakes.beyond_presence import KEY, BeyondPresenceSessions, beyond_presence
from tests.support.endpoint_app import settings as endpoint_settings
from tests.support.process_logs import logged
from tests.support.waiting import until

LEDGER = {"same": 100.0, "more": 100.0, "less": 100.0, "running": 100.0, "none": 5.0, "new": 0.0}
THEIRS = {"same": 140.0, "more": 500.0, "less": 10.0, "running": None, "new": 0.0}
EXPECTED = {
    "same": "matches",
    "more": "billed_more",
    "less": "billed_less",
    "running": "still_running",
    "none": "not_found",
    "new": "matches",
}


@pytest.fixture(autouse=True)
def compare_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bill, "QUIET_S", -1.0)
    monkeypatch.setattr("agent.token_endpoint.supervision.bill.TRY_EVERY_S", 0.02)


async def fill(store: SqliteStore) -> None:
    for id_, seconds in LEDGER.items():
        await store.add_avatar_seconds(utc_day(), seconds, session=id_)


@asynccontextmanager
async def ledger(path: Path) -> AsyncIterator[tuple[SqliteStore, BeyondPresenceSessions]]:
    """A ledger, and a Beyond Presence that disagrees about some of it."""
    store = SqliteStore(path / "store.sqlite3")
    await fill(store)
    async with beyond_presence() as server:
        server.seconds = dict(THEIRS)
        yield store, server
    await store.aclose()


def access_to(server: BeyondPresenceSessions) -> dict[str, str]:
    return {"BEYOND_PRESENCE_API_KEY": KEY, "BEY_API_URL": server.url}


def daily_check(
    path: Path, store: SqliteStore, access: dict[str, str], *, leading: bool = True
) -> BillCheck:
    leadership = cast(Any, SimpleNamespace(held=leading))
    return BillCheck(store, endpoint_settings(path, **access), leadership)


async def compare(
    store: SqliteStore, server: BeyondPresenceSessions, *, livekit_url: str = "", **more: str
) -> Bill:
    settings = BillSettings.from_env({**access_to(server), **more})
    async with http_session() as http:
        return await compare_new_sessions(store, settings, http, livekit_url=livekit_url)


async def test_bill_compares_each_session_once(tmp_path: Path) -> None:
    async with ledger(tmp_path) as (store, server):
        first = await compare(store, server)
        assert first.error is None
        assert {one.id: one.result for one in first.compared} == EXPECTED
        assert (await store.counts())["bill|matches"] == 2
        server.asked.clear()
        second = await compare(store, server)
        assert server.asked == ["running"], "only what was not over is asked about again"
        assert [one.result for one in second.compared] == ["still_running"]


async def test_bill_reports_only_differences_above_the_tolerance(tmp_path: Path) -> None:
    async with ledger(tmp_path) as (store, server):
        exact = await compare(store, server, BILL_TOLERANCE_S="30")
        assert {one.id for one in exact.compared if one.result == "billed_more"} == {
            "same",
            "more",
        }


async def test_bill_waits_until_a_greeting_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bill, "QUIET_S", 600.0)
    async with ledger(tmp_path) as (store, server):
        assert (await compare(store, server)).compared == []
        assert server.asked == []


async def test_bill_adds_sessions_that_are_missing_from_the_ledger(tmp_path: Path) -> None:
    ours, other = "wss://ours.livekit.cloud", "wss://staging.livekit.cloud"
    async with ledger(tmp_path) as (store, server):
        server.seconds |= {"lost": 500.0, "lost-2": 0.5, "staging": 9.0, "waits": 0.0, "old": 70.0}
        server.listed = dict.fromkeys(("waits", "lost", "same"), (ours, 0))
        server.listed |= {"staging": (other, 0), "lost-2": (f"{ours}/", 0), "old": (ours, 9_000)}
        for added in (["lost", "lost-2"], []):
            found = await compare(store, server, livekit_url=ours)
            assert (found.error, found.added) == (None, added)
            results = {one.id: (one.ours_s, one.result) for one in found.compared}
            if added:
                assert results["lost"] == (0, "billed_more")
                assert results["lost-2"] == (0, "matches")
        assert len(await store.avatar_sessions()) == len(LEDGER) + 2


async def test_daily_check_logs_sessions_that_are_missing_from_the_ledger(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with ledger(tmp_path) as (store, server):
        server.seconds["lost"] = 500.0
        server.listed = {"lost": (endpoint_settings(tmp_path).public_url, 0)}
        async with daily_check(tmp_path, store, access_to(server)):
            await until(lambda: logged(caplog, "bill_sessions_added"))
    [line] = logged(caplog, "bill_sessions_added")
    assert line["avatar_session_ids"] == ["lost"]


async def test_bill_looks_for_no_sessions_of_the_time_before_the_ledger(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite3")
    async with beyond_presence() as server:
        server.seconds, server.listed = {"before": 500.0}, {"before": ("wss://a.example", 0)}
        found = await compare(store, server, livekit_url="wss://a.example")
    assert found == Bill([])
    await store.aclose()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, "", "does not accept BEYOND_PRESENCE_API_KEY"),
        (500, "", "its service has a problem"),
    ],
)
async def test_bill_stops_at_an_error_and_keeps_what_is_not_compared(
    tmp_path: Path, status: int, body: str, error: str
) -> None:
    async with ledger(tmp_path) as (store, server):
        server.status, server.body = status, body
        found = await compare(store, server)
        assert error in str(found.error)
        assert server.asked == ["new", "none", "running"], "the latest three, and no other"
        assert len(await store.avatar_sessions(only_unbilled=True)) == len(LEDGER)


async def test_bill_compares_the_others_if_beyond_presence_fails_for_one(tmp_path: Path) -> None:
    """A session of an earlier account may be refused for as long as it is in the ledger."""
    async with ledger(tmp_path) as (store, server):
        server.failing = {"more": 500, "none": 403}
        found = await compare(store, server)
        assert "500" in str(found.error)
        left = [entry.id for entry in await store.avatar_sessions(only_unbilled=True)]
    assert {one.id for one in found.compared} == EXPECTED.keys() - server.failing.keys()
    assert left == ["more", "running", "none"]


async def test_bill_reads_a_list_with_a_number_as_cursor_and_sessions_without_url(
    tmp_path: Path,
) -> None:
    ours = "wss://ours.livekit.cloud"
    async with ledger(tmp_path) as (store, server):
        server.seconds |= {"lost": 500.0, "call": 9.0}
        server.listed = {"call": (None, 0), "same": (ours, 0), "lost": (ours, 0)}
        server.cursor = int
        found = await compare(store, server, livekit_url=ours)
    assert (found.error, found.added) == (None, ["lost"])


async def test_bill_finds_lost_sessions_beside_one_of_an_unknown_type(tmp_path: Path) -> None:
    ours = "wss://ours.livekit.cloud"
    async with ledger(tmp_path) as (store, server):
        server.seconds |= {"lost": 500.0, "odd": 1.0}
        server.listed = {"lost": (ours, 0), "odd": (ours, 0)}
        server.statuses["odd"] = {"type": "failed", "started_at": datetime.now(UTC).isoformat()}
        found = await compare(store, server, livekit_url=ours)
    assert sorted(found.added) == ["lost", "odd"]
    assert "cannot be read" in str(found.error), "about odd"
    assert "lost" in {one.id for one in found.compared}


@pytest.mark.parametrize("body", ["<html>", '{"status": {"type": "completed"}}', "[" * 9000])
async def test_bill_reports_answers_that_cannot_be_read(tmp_path: Path, body: str) -> None:
    async with ledger(tmp_path) as (store, server):
        server.body = body
        found = await compare(store, server)
        assert "cannot be read" in str(found.error)
        assert len(await store.avatar_sessions(only_unbilled=True)) == len(LEDGER)


async def test_bill_compares_the_others_if_one_answer_cannot_be_read(tmp_path: Path) -> None:
    """A session with a status of tomorrow would stop the comparison of all later ones for ever."""
    async with ledger(tmp_path) as (store, server):
        server.statuses["same"] = {"type": "failed", "started_at": "2026-03-02T08:00:00Z"}
        found = await compare(store, server)
        assert "cannot be read" in str(found.error)
        results = {one.id: one.result for one in found.compared}
    assert results == {id_: result for id_, result in EXPECTED.items() if id_ != "same"}


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="needs POSIX's time zones")
async def test_bill_reads_times_without_a_zone_as_utc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/Bogota")
    time.tzset()
    began = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=60)
    async with ledger(tmp_path) as (store, server):
        server.statuses["running"] = {"type": "ongoing", "started_at": began.isoformat()}
        found = await compare(store, server)
    monkeypatch.undo()
    time.tzset()
    [running] = [one for one in found.compared if one.id == "running"]
    assert running.billed_s == pytest.approx(60, abs=20)


async def test_daily_check_compares_once_and_logs_the_differences(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with ledger(tmp_path) as (store, server):
        access = access_to(server)
        async with daily_check(tmp_path, store, access, leading=False):
            await asyncio.sleep(0.1)
            assert server.asked == [], "this replica does not supervise"
        async with daily_check(tmp_path, store, access), daily_check(tmp_path, store, access):
            await until(lambda: logged(caplog, "bill_differs"))
            await asyncio.sleep(0.1)
        assert len(server.asked) == len(LEDGER), "once for both replicas"
    [fields] = logged(caplog, "bill_differs")
    assert (fields["billed_more"], fields["still_running"], fields["not_found"]) == (1, 1, 1)
    assert set(fields["avatar_session_ids"]) == {"more", "less", "running", "none"}


async def test_daily_check_without_a_key_does_nothing(tmp_path: Path) -> None:
    async with ledger(tmp_path) as (store, server):
        async with daily_check(tmp_path, store, {"BEY_API_URL": server.url}):
            await asyncio.sleep(0.1)
        assert server.asked == []


async def test_daily_check_tries_again_after_an_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with ledger(tmp_path) as (store, server):
        server.status = 503
        async with daily_check(tmp_path, store, access_to(server)):
            await until(lambda: server.asked)
            await asyncio.sleep(0.1)
        assert len(server.asked) == 3, "not again within the hour"
    assert {line["levelno"] for line in logged(caplog, "bill_check_failed")} == {logging.WARNING}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command in a thread of its own loop, beside the server's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIVEKIT_TELEMETRY_ALLOW_PII", "0")

    async def run(*arguments: str, **environ: str) -> tuple[int, str, str]:
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        code = await asyncio.to_thread(main, ["bill", *arguments])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run


async def test_command_lists_the_sessions_that_differ(tmp_path: Path, run: Any) -> None:
    async with ledger(tmp_path) as (_, server):
        code, out, err = await run(STATE_DIR=str(tmp_path), **access_to(server))
        assert (code, err) == (1, "")
        listed = [line.split()[0] for line in out.splitlines()[1:-1]]
        assert set(listed) == {"more", "less", "running", "none"}
        assert "4 differ by more than 60 s (BILL_TOLERANCE_S)" in out
        asked = len(server.asked)
        _, again, _ = await run()
        assert again == out, "the answers are kept"
        assert len(server.asked) == asked + 1, "only about the one that is still running"
        code, out, _ = await run(OUTCOME_DETAIL="aggregate")
        assert code == 1
        assert len(out.splitlines()) == 1, "only the totals"
        assert "4 differ" in out
        assert out.startswith(f"6 avatar sessions: {sum(LEDGER.values()) / 60:.1f} minutes in the ")
        assert "1 not compared yet" in out


async def test_command_names_the_missing_key(tmp_path: Path, run: Any) -> None:
    code, out, err = await run(STATE_DIR=str(tmp_path))
    assert (code, out) == (2, "")
    assert "BEYOND_PRESENCE_API_KEY" in err
