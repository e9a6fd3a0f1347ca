"""`python -m agent bill`: compare the avatar ledger with what Beyond Presence counts."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime

from agent.billing.bill import (
    QUIET_S,
    Bill,
    Comparison,
    compare_new_sessions,
    compared_before,
)
from agent.cli.outcomes import existing_store
from agent.core.errors import ConfigError
from agent.core.http_session import http_session
from agent.core.settings import BillSettings, StoreSettings


class _Settings(StoreSettings, BillSettings):
    """Settings of the store, of Beyond Presence, and of LiveKit's address."""

    livekit_url: str = ""
    livekit_public_url: str = ""


def main(arguments: Sequence[str]) -> int:
    """Compare, and print the sessions that differ.

    Returns:
        0 if all sessions match, 1 if some differ or if Beyond Presence did not answer.
    """
    argparse.ArgumentParser(
        prog="python -m agent bill",
        description="Ask Beyond Presence about each avatar session that was not compared yet, and "
        "list the sessions whose length differs from the ledger by more than BILL_TOLERANCE_S. A "
        f"session is compared {QUIET_S / 60:.0f} minutes after its avatar left.",
    ).parse_args(arguments)
    settings = _Settings.from_env(os.environ)
    if settings.beyond_presence_api_key is None:
        raise ConfigError("missing from the environment or .env: BEYOND_PRESENCE_API_KEY")
    bill, waiting = asyncio.run(_compare(settings))
    different = [one for one in bill.compared if one.result != "matches"]
    if different and not settings.only_counts:
        print("\n".join(_table(different)))
    ours_s = sum(one.ours_s for one in bill.compared)
    billed_s = sum(one.billed_s or 0 for one in bill.compared)
    if bill.added:
        print(f"{len(bill.added)} unknown to the ledger, and added to it with 0 s. ", end="")
    print(
        f"{len(bill.compared)} avatar sessions: {ours_s / 60:.1f} minutes in the ledger, "
        f"{billed_s / 60:.1f} at Beyond Presence. {len(different)} differ by more than "
        f"{settings.bill_tolerance_s:g} s (BILL_TOLERANCE_S). {waiting} not compared yet."
    )
    if bill.error is not None:
        print(f"python -m agent bill: {bill.error}", file=sys.stderr)
    return int(bool(different) or bill.error is not None)


async def _compare(settings: _Settings) -> tuple[Bill, int]:
    """Return all comparisons of RETENTION_DAYS, and how many sessions are not compared yet."""
    async with aclosing(existing_store(settings)) as store:
        before = compared_before(await store.avatar_sessions(), settings.bill_tolerance_s)
        async with http_session() as http:
            url = settings.livekit_public_url or settings.livekit_url
            new = await compare_new_sessions(store, settings, http, livekit_url=url)
        waiting = len(await store.avatar_sessions(only_unbilled=True))
    compared = sorted([*before, *new.compared], key=lambda one: one.given_at)
    return Bill(compared, new.error, new.added), waiting


def _table(different: Sequence[Comparison]) -> Iterator[str]:
    yield f"{'Beyond Presence session':<38}{'begun (UTC)':<18}{'ours':>9}{'theirs':>9}  result"
    for one in different:
        begun = datetime.fromtimestamp(one.given_at, UTC).strftime("%Y-%m-%d %H:%M")
        theirs = "-" if one.billed_s is None else f"{one.billed_s:.0f} s"
        result = one.result.replace("_", " ")
        yield f"{one.id:<38}{begun:<18}{one.ours_s:>7.0f} s{theirs:>9}  {result}"
