"""`python -m agent bill`: compare the avatar ledger with what Beyond Presence counts."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict
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
    parser = argparse.ArgumentParser(
        prog="python -m agent bill",
        description="Ask Beyond Presence about each avatar session that was not compared yet, and "
        "list the sessions whose length differs from the ledger by more than BILL_TOLERANCE_S. A "
        f"session is compared {QUIET_S / 60:.0f} minutes after its avatar left.",
    )
    parser.add_argument("--all", action="store_true", help="list the sessions that match, too")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    options = parser.parse_args(arguments)
    settings = _Settings.from_env(os.environ)
    if settings.beyond_presence_api_key is None:
        raise ConfigError("missing from the environment or .env: BEYOND_PRESENCE_API_KEY")
    bill, waiting = asyncio.run(_compare(settings))
    different = [one for one in bill.compared if one.result != "matches"]
    shown = bill.compared if options.all else different
    totals = {
        "sessions": len(bill.compared),
        "ours_s": round(sum(one.ours_s for one in bill.compared), 1),
        "billed_s": round(sum(one.billed_s or 0 for one in bill.compared), 1),
        "different": len(different),
        "added": len(bill.added),
        "not_compared": waiting,
    }
    if settings.only_counts:
        shown = []
    if options.json:
        rows = [asdict(one) for one in shown]
        print(json.dumps(totals if settings.only_counts else rows, indent=2))
    else:
        print("\n".join([*_table(shown), _summary(totals, settings.bill_tolerance_s)]))
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


def _table(shown: Sequence[Comparison]) -> list[str]:
    if not shown:
        return []
    lines = [f"{'Beyond Presence session':<38}{'begun (UTC)':<18}{'ours':>9}{'theirs':>9}  result"]
    for one in shown:
        begun = datetime.fromtimestamp(one.given_at, UTC).strftime("%Y-%m-%d %H:%M")
        theirs = "-" if one.billed_s is None else f"{one.billed_s:.0f} s"
        lines.append(
            f"{one.id:<38}{begun:<18}{one.ours_s:>7.0f} s{theirs:>9}  "
            f"{one.result.replace('_', ' ')}"
        )
    return lines


def _summary(totals: Mapping[str, float], tolerance_s: float) -> str:
    added = f"{totals['added']} unknown to the ledger, and added to it with 0 s. "
    return (added if totals["added"] else "") + (
        f"{totals['sessions']} avatar sessions: {totals['ours_s'] / 60:.1f} minutes in the ledger, "
        f"{totals['billed_s'] / 60:.1f} at Beyond Presence. {totals['different']} differ by more "
        f"than {tolerance_s:g} s (BILL_TOLERANCE_S). {totals['not_compared']} not compared yet."
    )
