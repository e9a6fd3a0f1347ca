"""`make faults`: plays every row of the matrix, prints a table, writes `docs/faults.md` from it.

`--only REGEX` plays the rows whose name or faults match, and writes nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import os
import platform
import re
import sys
import tempfile
import traceback
from pathlib import Path

from tests.faults.matrix import ROWS
from tests.faults.play import Played, play
from tests.faults.row import ANSWER_S, AVATAR_LEFT_S, HANGS_S, REFUSED_S, SLACK_S, Row
from tests.support.product import running_product

PAGE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"
_LONGEST_LINE = 110

_WHO = {
    "avatar": "the avatar",
    "voice": "a voice, with the portrait",
    "text": "captions to read",
    "": "nobody",
}

Result = tuple[Row, Played]


async def play_all(rows: list[Row], logs: Path) -> list[Result]:
    """One row after another on one product; a line each as they come."""
    results = []
    async with running_product(logs) as product:
        for number, row in enumerate(rows, start=1):
            played = await play(product, row)
            await product.clear()
            results.append((row, played))
            broken = "; ".join(played.broken(row))
            took = (
                f"first word {_seconds(played.first_word_s)}, answer {_seconds(played.answer_s)}, "
                f"avatar {_seconds(played.avatar_left_s)}"
            )
            print(f"{number:2}/{len(rows)} {row.id}: {took}", flush=True)
            if broken:
                print(f"      NOT KEPT: {broken}", flush=True)
    return results


def table(results: list[Result]) -> str:
    """The results as Markdown."""
    lines = [
        "| fault | what the trainee saw and heard | first word | answered after"
        " | avatar after the end | the operator's log |",
        "|---|---|---|---|---|---|",
    ]
    for row, played in results:
        faults = " ".join(f"`{fault}`" for fault in row.faults)
        cells = [
            f"{row.id} {faults}".strip(),
            _story(row, played),
            _seconds(played.first_word_s),
            _seconds(played.answer_s),
            _seconds(played.avatar_left_s) if played.avatars else "none came",
            _short(played.log) if row.log else "",
        ]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def page(results: list[Result]) -> str:
    """The whole of `docs/faults.md`."""
    kept = sum(not played.broken(row) for row, played in results)
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    return f"""\
# What happens when something fails

Written by `make faults`, which plays every row on the real worker, endpoint and livekit-server;
the providers are stand-ins. Played on {datetime.date.today().isoformat()}, {machine},
everything on this one machine, and seconds differ from run to run. {kept} of
{len(results)} rows kept all that is promised; `make test` plays most of them.

Promised is the first word within {REFUSED_S:g} s of joining where a provider refuses, and within
{HANGS_S:g} s where one only hangs; an answer to a question within {ANSWER_S:g} s; and the
avatar out within {AVATAR_LEFT_S:g} s of the end. {SLACK_S:g} s more are allowed, for a noisy
machine.

To see a row for yourself: `make demo ARGS="--fault bey:401"`.

{table(results)}
"""


def _story(row: Row, played: Played) -> str:
    """What came of it, in words."""
    who = [_WHO[mode] for mode in played.modes[: 1 if row.then is None else None]]
    heard = "nothing" if played.first_word_s is None else ", then ".join(who or [_WHO[""]])
    if row.whole and played.first_word_s is not None:
        heard += "; the whole opening"
    if played.apology_s is not None:
        heard += f"; an apology after {_seconds(played.apology_s)}"
    if played.answer_s is None:
        heard += "; no answer"
    elif played.apology_s is not None:
        heard += ", and an answer once it was back"
    broken = played.broken(row)
    return f"**not kept**: {heard} ({'; '.join(broken)})" if broken else heard


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f} s"


def _short(line: str) -> str:
    if not line:
        return ""
    return f"`{line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + '…'}`"


def main() -> int:
    """0: all promises kept; 1: not all."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", default="", metavar="REGEX", help="only these rows")
    parser.add_argument("--logs", type=Path, help="keep the processes' logs in this folder")
    options = parser.parse_args()
    rows = [row for row in ROWS if re.search(options.only, " ".join([row.id, *row.faults]))]
    with tempfile.TemporaryDirectory() as folder:
        logs = options.logs or Path(folder)
        logs.mkdir(parents=True, exist_ok=True)
        results = asyncio.run(play_all(rows, logs))
    print(f"\n{table(results)}\n")
    if not options.only:
        PAGE.write_text(page(results))
        print(f"written: {PAGE}")
    return int(any(played.broken(row) for row, played in results))


if __name__ == "__main__":
    code = 1
    try:
        code = main()
    except Exception:  # noqa: BLE001  the process's edge
        traceback.print_exc()
    sys.stdout.flush()
    # livekit's native library may hang in its exit handlers, see tests/conftest.py.
    os._exit(code)
