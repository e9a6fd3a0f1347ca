"""`make faults`: plays every row of the fault matrix and writes the table to `docs/faults.md`.

`--only REGEX` plays the rows whose name or faults match, and writes nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import math
import os
import platform
import re
import sys
import tempfile
import traceback
from collections.abc import Iterable
from pathlib import Path

from tests.faults.matrix import ROWS
from tests.faults.play import Played, play
from tests.faults.row import ANSWER_S, AVATAR_LEFT_S, HANGS_S, REFUSED_S, SLACK_S, Row
from tests.support.product import running_product

PAGE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"

Result = tuple[Row, Played]


async def play_all(rows: list[Row], logs: Path) -> list[Result]:
    """Play one row after another on one product, and print a line for each."""
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
    """Return the results as a Markdown table; statuses with the same effect share a line."""
    merged: dict[tuple[str, str], list[Result]] = {}
    for row, played in results:
        same_effect = re.sub(r" \(\d+\)$", "", row.id), _story(row, played)
        merged.setdefault(same_effect, []).append((row, played))
    lines = ["| Fault | Mode | First word | Answer |", "|---|---|---|---|"]
    for (what, story), group in merged.items():
        faults = " ".join(f"`{fault}`" for row, _ in group for fault in row.faults)
        cells = [
            f"{what} {faults}".strip(),
            story,
            _range(played.first_word_s for _, played in group),
            _range(played.answer_s for _, played in group),
        ]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def page(results: list[Result]) -> str:
    """Return the whole text of `docs/faults.md`."""
    kept = sum(not played.broken(row) for row, played in results)
    today = datetime.date.today().isoformat()
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    left = max(played.avatar_left_s or 0.0 for _, played in results)
    return f"""\
# Fault test results

`make faults` writes this page. It simulates every fault of `tests/faults/matrix.py` on the real
worker, endpoint and livekit-server. [Failure modes](failure-modes.md) explains the behaviour.
`make demo ARGS="--fault bey:401"` shows one.

{today}, {machine}, everything on one machine: {kept} of {len(results)} rows kept every promise:

- **First word**, since the trainee joined: {REFUSED_S:g} s; {HANGS_S:g} s if a provider hangs.
- **Answer**, since the question: {ANSWER_S:g} s.
- **Avatar left**, since the end: {AVATAR_LEFT_S:g} s. It took {left:.1f} s at most.

Each promise has {SLACK_S:g} s of tolerance, because the machine is busy.

{table(results)}
"""


def _story(row: Row, played: Played) -> str:
    """Return in words what the trainee saw and heard."""
    modes = played.modes[: 1 if row.then is None else None]
    heard = "nothing" if played.first_word_s is None else ", then ".join(modes)
    if played.apology_s is not None:
        heard += f"; an apology after {_seconds(played.apology_s)}"
    if played.answer_s is None:
        heard += "; no answer"
    elif played.apology_s is not None:
        heard += ", and an answer after the fault was over"
    broken = played.broken(row)
    return f"**not kept**: {heard} ({'; '.join(broken)})" if broken else heard


def _range(values: Iterable[float | None]) -> str:
    """Return one time, or the shortest and the longest one."""
    shown = [_seconds(value) for value in sorted(values, key=lambda it: it or math.inf)]
    return shown[0] if shown[0] == shown[-1] else f"{shown[0]} to {shown[-1]}"


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f} s"


def main() -> int:
    """Return 0 if all promises were kept, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", default="", metavar="REGEX", help="play only these rows")
    parser.add_argument("--logs", type=Path, help="keep the logs of the processes in this folder")
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
    except Exception:  # noqa: BLE001  the edge of the process
        traceback.print_exc()
    sys.stdout.flush()
    # LiveKit's native library may hang in its exit handlers; see tests/conftest.py.
    os._exit(code)
