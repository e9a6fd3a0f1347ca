"""The keeper of one greeting's outcome: what its avatar costs is booked as it comes about."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from agent.conversation.conversation import Conversation
from agent.core.job_metadata import JobMetadata
from agent.core.types import Mode
from agent.greeting.outcome_recorder import OutcomeRecorder
from agent.outcomes.avatar_budget import avatar_budget_is_used_up, utc_day
from agent.outcomes.timeline import Timeline
from agent.store import SqliteStore
from tests.fakes.scripted_llm import ScriptedLLM


class Avatar:
    """Speaks, and is paid for."""

    mode: Mode = "avatar"
    avatar_seconds = 0.0
    provider_session_id: str | None = "bey-1"


async def kept(store: SqliteStore) -> tuple[OutcomeRecorder, Avatar]:
    conversation = Conversation(ScriptedLLM(), JobMetadata(session_id="s"), settings=None)
    metadata = JobMetadata(session_id="s")
    keeper = OutcomeRecorder(
        store, conversation, metadata, id="o", timeline=Timeline.since_asked(None, 0.0)
    )
    keeper.speaker = avatar = Avatar()
    keeper.begin()
    await booked(store, 0.0)
    return keeper, avatar


async def booked(store: SqliteStore, seconds: float) -> None:
    async with asyncio.timeout(5):
        while not await store.outcomes("s") or await store.avatar_seconds(utc_day()) != seconds:
            await asyncio.sleep(0.02)


async def test_a_running_avatar_is_in_the_ledger_and_in_the_budget(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store")
    keeper, avatar = await kept(store)
    avatar.avatar_seconds = 60.0
    keeper.changed()
    await booked(store, 60.0)
    assert await avatar_budget_is_used_up(store, minutes_per_day=1)
    avatar.avatar_seconds = 72.5
    await keeper.close("continue", closing_said=True)
    again = SqliteStore(tmp_path / "store")
    assert await again.avatar_seconds(utc_day()) == 72.5, "each second once"
    await again.aclose()


async def test_an_end_in_the_middle_of_a_booking_pays_once(tmp_path: Path) -> None:
    class Slow(SqliteStore):
        """It does what it is asked, and answers late."""

        async def add_avatar_seconds(self, day: str, seconds: float) -> None:
            await super().add_avatar_seconds(day, seconds)
            await asyncio.sleep(0.3)

    store = Slow(tmp_path / "store")
    keeper, avatar = await kept(store)
    avatar.avatar_seconds = 30.0
    keeper.changed()
    await booked(store, 30.0)
    await keeper.close("continue", closing_said=True)
    again = SqliteStore(tmp_path / "store")
    assert await again.avatar_seconds(utc_day()) == 30.0
    [body] = await again.outcomes("s")
    assert '"reason":"continue"' in body
    await again.aclose()


async def test_who_was_taken_for_lost_pays_for_the_rest_alone(tmp_path: Path) -> None:
    store, other = SqliteStore(tmp_path / "store"), SqliteStore(tmp_path / "store")
    keeper, avatar = await kept(store)
    avatar.avatar_seconds = 30.0
    keeper.changed()
    await booked(store, 30.0)
    # As a courier does whose clock says that the lease is over.
    [body] = await other.outcomes("s")
    await other.save_outcome("o", body, -timedelta(hours=1).total_seconds())
    assert await other.close_expired_outcome("o", body)
    avatar.avatar_seconds = 40.0
    await keeper.close("continue", closing_said=True)
    assert await other.avatar_seconds(utc_day()) == 40.0
    await other.aclose()
