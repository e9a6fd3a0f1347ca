"""`python -m agent outcome` and `forget`, as an operator types them."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.store import Phase, SqliteStore

ROOT = Path(__file__).parents[2]


def run(state: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG")}
    return subprocess.run(
        [sys.executable, "-m", "agent", *words],
        cwd=state.parent,  # it holds no .env
        env={**kept, "PYTHONPATH": str(ROOT), "STATE_DIR": str(state), **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A store with two outcomes of session 7 and one of another."""

    async def fill() -> None:
        store = SqliteStore(tmp_path / "state" / "store.sqlite3")
        await store.end("7", "continue")
        for id_, session in (("first", "7"), ("other", "8"), ("second", "7")):
            body = json.dumps({"id": id_, "name": "Zoë"})
            await store.open_outcome(id_, session, body, 60)

    asyncio.run(fill())
    return tmp_path / "state"


def test_outcome_prints_one_json_array_the_newest_last(state: Path) -> None:
    done = run(state, "outcome", "7")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [
        {"id": "first", "name": "Zoë"},
        {"id": "second", "name": "Zoë"},
    ]
    assert json.loads(run(state, "outcome", "unknown").stdout) == []


def test_forget_deletes_all_of_a_session_and_says_how_many(state: Path) -> None:
    done = run(state, "forget", "7")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "session 7 is forgotten: 2 outcomes deleted\n"

    async def left() -> tuple[Phase | None, list[str], list[str]]:
        store = SqliteStore(state / "store.sqlite3")
        return await store.phase("7"), await store.outcomes("7"), await store.outcomes("8")

    phase, mine, others = asyncio.run(left())
    assert (phase, mine, len(others)) == (None, [], 1)
    assert "0 outcomes deleted" in run(state, "forget", "7").stdout


@pytest.mark.parametrize("words", [["forget"], ["outcome"], ["forget", "7", "8"]])
def test_a_call_that_is_not_understood_is_shown_the_usage(state: Path, words: list[str]) -> None:
    done = run(state, *words)
    assert done.returncode == 2
    assert f"usage: python -m agent {words[0]} [-h] SESSION" in done.stderr


def test_a_store_that_cannot_be_used_is_one_clear_line(state: Path) -> None:
    (state.parent / "file").touch()
    done = run(state, "forget", "7", STATE_DIR=str(state.parent / "file"))
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    done = run(state, "outcome", "7", REDIS_URL="redis://:password@127.0.0.1:1/0")
    assert done.returncode == 1
    assert "Redis cannot be reached" in done.stderr
    assert "password" not in done.stderr
    assert run(state, "forget", "7", RETENTION_DAYS="x").returncode == 2
