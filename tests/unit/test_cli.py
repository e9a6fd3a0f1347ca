"""`python -m agent`: its commands and their help."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent import __main__ as command_line
from agent.cli.worker import livekit_log_level
from agent.core.settings import LogSettings
from agent.demo import __main__ as demo
from agent.token_endpoint import __main__ as token_endpoint
from tests.support.other_user import of_another_user, visible_folder

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTED = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _empty_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No `.env` in the working folder, and no keys in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIVEKIT_TELEMETRY_ALLOW_PII", "0")
    for name in ("GOOGLE_API_KEY", "DEEPGRAM_API_KEY", "LIVEKIT_URL", "LIVEKIT_LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)


def test_help_lists_every_command_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.main(["--help"])
    assert ended.value.code == 0
    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    for name, command in command_line.COMMANDS.items():
        assert [name, command.help] in lines
        assert f"`python -m agent {name}`" in DOCUMENTED


def test_no_command_prints_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main([]) == 0
    assert "usage: python -m agent" in capsys.readouterr().out


def test_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.main(["dance"])
    assert ended.value.code == 2
    assert "invalid choice: 'dance'" in capsys.readouterr().err


@pytest.mark.parametrize("name", command_line.COMMANDS)
def test_every_command_has_help_without_keys(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.main([name, "--help"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert shown.startswith(f"usage: python -m agent {name}")
    assert "eprecated" not in shown


@pytest.mark.parametrize("command", command_line.COMMANDS.values(), ids=lambda c: c.help)
def test_every_command_can_be_imported(command: command_line.Command) -> None:
    assert callable(getattr(importlib.import_module(command.module), command.function))


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        (["start"], "LIVEKIT_URL"),
        (["dev"], "LIVEKIT_URL"),
        (["console"], "DEEPGRAM_API_KEY"),
        (["console", "--text"], "GOOGLE_API_KEY"),
    ],
)
def test_missing_setting_is_named(
    arguments: list[str], missing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.main(arguments) == 2
    shown = capsys.readouterr().err
    assert shown.startswith(f"python -m agent {arguments[0]}: ")
    assert missing in shown


@pytest.mark.parametrize("port", ["99999", "-1", "http"])
@pytest.mark.parametrize(
    "main",
    [
        token_endpoint.main,
        demo.main,
        lambda given: command_line.main(["prompts", "preview", *given]),
    ],
    ids=["endpoint", "demo", "preview"],
)
def test_port_that_does_not_exist_is_refused(
    main: Callable[[list[str]], int], port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([f"--port={port}"])
    assert f"--port: invalid port value: '{port}'" in capsys.readouterr().err


@pytest.mark.parametrize("keep_alive", ["-5", "0", "1.5"])
def test_keep_alive_that_closes_each_connection_is_refused(
    keep_alive: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        token_endpoint.main([f"--keep-alive={keep_alive}"])
    assert f"--keep-alive: invalid seconds value: '{keep_alive}'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "level"), [(["--log-level", "verbose"], ""), ([], "verbose")]
)
def test_unknown_log_level_is_refused(
    arguments: list[str],
    level: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LIVEKIT_LOG_LEVEL", level)
    with pytest.raises(SystemExit, match="2"):
        command_line.main(["start", *arguments])
    assert "--log-level: verbose is not DEBUG, INFO" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("level", "dev", "livekit"),
    [
        ("ERROR", False, "ERROR"),
        ("WARNING", False, "WARNING"),
        ("INFO", False, "INFO"),
        ("DEBUG", False, "INFO"),
        ("ERROR", True, "DEBUG"),
    ],
)
def test_log_level_limits_the_messages_of_livekit_agents(
    level: str, dev: bool, livekit: str
) -> None:
    settings = LogSettings.from_env({"LOG_LEVEL": level})
    assert livekit_log_level(settings, dev=dev) == livekit


@pytest.fixture
def _same_signal_handlers() -> Iterator[None]:
    """The token endpoint sets its own."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_same_signal_handlers")
@pytest.mark.parametrize("main", [command_line.main, token_endpoint.main])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("A=1\n".encode("utf-16"), "is not UTF-8 text"),
        (b"A=1\nLIVEKIT_URL wss://x\n", "line 2 is not NAME=value: correct it"),
        (None, "cannot be read (Permission denied)"),
    ],
    ids=["utf-16", "line", "unreadable"],
)
def test_env_file_that_cannot_be_read_is_named(
    main: Callable[[list[str]], int],
    content: bytes | None,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["start"] if main is command_line.main else []
    with visible_folder() as folder:
        monkeypatch.chdir(folder)
        file = folder / ".env"
        file.write_bytes(content or b"A=1\n")
        if content is not None:
            assert main(arguments) == 2
        else:
            main(arguments)  # imports what it needs: this user may
            capsys.readouterr()
            with of_another_user(file):
                assert main(arguments) == 2
        monkeypatch.undo()
    assert f".env {said}" in capsys.readouterr().err


def test_env_file_may_begin_with_a_byte_order_mark(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Some editors of Windows write one."""
    monkeypatch.setenv("LIVEKIT_URL", "")  # undo what `.env` sets
    monkeypatch.delenv("LIVEKIT_URL")
    Path(".env").write_text("LIVEKIT_URL=wss://x.livekit.cloud\n", encoding="utf-8-sig")
    assert command_line.main(["start"]) == 2
    shown = capsys.readouterr().err
    assert "LIVEKIT_API_KEY" in shown
    assert "LIVEKIT_URL" not in shown


def test_terminal_that_cannot_show_every_character_gets_question_marks(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "agent", "prompts", "render", "--name", "Łucja"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert b"?ucja" in done.stdout
    assert done.stderr == b""


@pytest.mark.parametrize("option", ["--url", "--api-key", "--api-secret"])
def test_start_takes_credentials_from_the_environment_only(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.main(["start", option, "x"])
    assert ended.value.code == 2
    assert f"unrecognized arguments: {option} x" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--locale", "es"], "--locale needs --text"),
        (["--text", "--input-device", "1"], "unknown option with --text: --input-device"),
    ],
)
def test_console_rejects_options_of_its_other_mode(
    arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.main(["console", *arguments])
    assert ended.value.code == 2
    assert why in capsys.readouterr().err
