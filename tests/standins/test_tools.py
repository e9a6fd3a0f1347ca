"""Tools that take long: their progress, their failures and their ends."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import pytest

from agent.demo import processes
from agent.demo.processes import DemoError, run_tool
from tests.support.waiting import until_answer

SH = "/bin/sh"


async def test_run_tool_reports_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_REPORT_EVERY_S", 0.2)
    reported = tmp_path / "reported"
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        if re.fullmatch(r"… building it, \d+ s: three", text):
            reported.touch()

    printed = r"printf 'one\n\033[32mtwo\033[0m\rthree\n'"
    script = f"{printed}; until [ -e {reported} ]; do sleep 0.05; done"
    output = await run_tool("building it", SH, "-c", script, say=say, timeout_s=60)
    assert output == "one\ntwo\nthree"
    assert said[0] == "building it"


async def test_run_tool_shows_the_end_of_the_output_of_a_failed_tool() -> None:
    with pytest.raises(DemoError, match=r"building it failed \(.*first / second"):
        await run_tool(
            *("building it", SH, "-c", "echo first; echo second >&2; exit 3"),
            say=lambda _: None,
            timeout_s=60,
        )


async def test_run_tool_ends_the_tool_at_its_timeout() -> None:
    with pytest.raises(DemoError, match=r"not done after 0\.2 s"):
        await run_tool("building it", SH, "-c", "sleep 60", say=lambda _: None, timeout_s=0.2)


@pytest.mark.parametrize("ignored", ["", "trap '' INT; "])
async def test_run_tool_cancelled_ends_the_tools_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ignored: str
) -> None:
    monkeypatch.setattr(processes, "_TOOL_END_S", 0.5)
    child = tmp_path / "pid"
    script = f"{ignored}sleep 60 & echo $! > {child}; wait; sleep 60"
    step = asyncio.create_task(
        run_tool("building it", SH, "-c", script, say=lambda _: None, timeout_s=60)
    )

    async def started() -> bool:
        return child.exists() and child.read_text().strip() != ""

    await until_answer(started)
    step.cancel()
    with pytest.raises(asyncio.CancelledError):
        await step

    async def gone() -> bool:
        return not _runs(int(child.read_text()))

    await until_answer(gone)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")
