"""`python -m agent outcome` and `forget`, as an operator types them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.__main__ import main
from agent.store import Phase, SqliteStore

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A store with two outcomes of session 7, one with later feedback, and one of another."""

    async def fill() -> None:
        store = SqliteStore(tmp_path / "state" / "store.sqlite3")
        await store.end("7", "continue")
        for id_, session in (("first", "7"), ("other", "8"), ("second", "7")):
            body = json.dumps({"id": id_, "name": "Zoë"})
            await store.open_outcome(id_, session, body, 60)
        with_feedback = json.dumps({"id": "second", "name": "Zoë", "feedback": {"helpful": True}})
        await store.open_outcome("second.feedback", "7", with_feedback, 60)
        await store.aclose()

    asyncio.run(fill())
    return tmp_path / "state"


@pytest.fixture
def run(state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command; returns its exit code, output and error output."""
    monkeypatch.chdir(state.parent)  # there is no .env
    monkeypatch.setenv("LIVEKIT_TELEMETRY_ALLOW_PII", "0")
    monkeypatch.setenv("STATE_DIR", str(state))

    def run(*arguments: str, **environ: str) -> tuple[int, str, str]:
        with monkeypatch.context() as changed:
            for name, value in environ.items():
                changed.setenv(name, value)
            code = main(arguments)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run


def test_outcome_prints_a_json_array_newest_last(run: Run) -> None:
    code, out, err = run("outcome", "7")
    assert code == 0, err
    assert json.loads(out) == [
        {"id": "first", "name": "Zoë"},
        {"id": "second", "name": "Zoë", "feedback": {"helpful": True}},
    ]
    assert json.loads(run("outcome", "unknown")[1]) == []


def test_forget_deletes_one_session_and_prints_how_many_outcomes(run: Run, state: Path) -> None:
    store = f"Store: {state / 'store.sqlite3'}"
    assert run("forget", "7") == (0, f"session 7: 2 outcomes deleted. {store}\n", "")

    async def left() -> tuple[Phase | None, list[str], list[str]]:
        store = SqliteStore(state / "store.sqlite3")
        return await store.phase("7"), await store.outcomes("7"), await store.outcomes("8")

    phase, of_7, of_8 = asyncio.run(left())
    assert (phase, of_7, len(of_8)) == (None, [], 1)
    assert run("forget", "7") == (1, f"session 7: nothing found. {store}\n", "")


def test_outcome_that_cannot_be_read_is_shown_and_deleted(run: Run, state: Path) -> None:
    async def damage() -> None:
        store = SqliteStore(state / "store.sqlite3")
        await store.open_outcome("damaged", "9", '{"id": "damaged", "nam', 60)
        await store.aclose()

    asyncio.run(damage())
    code, out, err = run("outcome", "9")
    assert (code, json.loads(out)) == (0, ['{"id": "damaged", "nam']), err
    code, out, err = run("forget", "9")
    assert (code, "1 outcome deleted" in out) == (0, True), err
    assert json.loads(run("outcome", "9")[1]) == []


@pytest.mark.parametrize("arguments", [["forget"], ["outcome"], ["forget", "7", "8"]])
def test_wrong_arguments_print_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert f"usage: python -m agent {arguments[0]} [-h] SESSION" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["forget", "outcome"])
def test_command_does_not_create_a_store(run: Run, state: Path, command: str) -> None:
    wrong = state.parent / "wrong"
    code, _, err = run(command, "7", STATE_DIR=str(wrong))
    assert code == 1
    assert f"there is no store at {wrong / 'store.sqlite3'}: set STATE_DIR" in err
    assert not wrong.exists()


def test_unusable_store_is_reported_without_its_password(run: Run, state: Path) -> None:
    broken = state.parent / "broken"
    (broken / "store.sqlite3").mkdir(parents=True)
    code, _, err = run("forget", "7", STATE_DIR=str(broken))
    assert code == 1
    assert err.startswith("python -m agent forget: ")
    assert "cannot be written" in err
    code, _, err = run("outcome", "7", REDIS_URL="redis://:password@127.0.0.1:1/0")
    assert code == 1
    assert "Redis cannot be reached" in err
    assert "password" not in err
    assert run("forget", "7", RETENTION_DAYS="x")[0] == 2


@pytest.mark.parametrize("command", [["outcome", "7"], ["timeline", "7"], ["counts"], ["bill"]])
def test_command_creates_no_store(command: list[str], run: Run, tmp_path: Path) -> None:
    """With a wrong STATE_DIR, `[]` would say that nothing is stored."""
    other = tmp_path / "other"
    code, out, err = run(*command, STATE_DIR=str(other), BEYOND_PRESENCE_API_KEY="bey")
    assert (code, out) == (1, "")
    assert f"there is no store at {other / 'store.sqlite3'}: set STATE_DIR or REDIS_URL" in err
    assert not other.exists()
