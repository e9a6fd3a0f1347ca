"""The environment of the stage's processes, and the notice of their ends."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from agent.demo.__main__ import _print_address, main
from agent.demo.stage import Stage, _real_environment, own_agent_name

KEYS = """
LIVEKIT_URL=wss://x.livekit.cloud
LIVEKIT_API_KEY=k
LIVEKIT_API_SECRET=s
BEYOND_PRESENCE_API_KEY=b
BEYOND_PRESENCE_AVATAR_ID=a
DEEPGRAM_API_KEY=d
GOOGLE_API_KEY=g
"""


@pytest.mark.parametrize(
    ("line", "variable", "name"),
    [
        ("", None, None),
        ("LIVEKIT_AGENT_NAME=training-greeter", None, None),  # as in .env.example
        ("LIVEKIT_AGENT_NAME=mine", None, "mine"),
        ("LIVEKIT_AGENT_NAME=", None, ""),
        ("", "training-greeter", "training-greeter"),
    ],
)
def test_real_environment_uses_an_agent_name_of_the_developer(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    line: str,
    variable: str | None,
    name: str | None,
) -> None:
    (tmp_path / ".env").write_text(KEYS + line + "\n")
    monkeypatch.chdir(tmp_path)
    if variable is not None:
        monkeypatch.setenv("LIVEKIT_AGENT_NAME", variable)
    monkeypatch.setenv("LOGNAME", "Ada.Lovelace@X")
    given = _real_environment()["LIVEKIT_AGENT_NAME"]
    assert given == ("training-greeter-dev-ada-lovelace-x" if name is None else name)


def test_demo_names_a_wrong_setting_before_it_builds_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".env").write_text(KEYS.replace("wss://x", "wss://your-project"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")  # it could not build the page
    monkeypatch.setattr("agent.demo.page.DIST", tmp_path)
    assert main(["--real"]) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("demo: invalid: LIVEKIT_URL: is still a placeholder: replace it")
    assert shown.out == ""


def test_own_agent_name_uses_the_host_name_without_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert own_agent_name().startswith("training-greeter-dev-")


async def test_child_ended_names_the_process() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "raise SystemExit(3)")
    running = Stage(children={"stand-ins": process})
    assert await running.child_ended() == "the stand-ins ended unexpectedly, with exit code 3"


@pytest.mark.parametrize(
    ("option", "example"),
    [("--origin", "http://localhost:5173"), ("--webhook", "http://localhost:8000/outcomes/")],
)
def test_demo_refuses_an_address_without_a_scheme(
    option: str,
    example: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["demo", option, "localhost:5173"])
    with pytest.raises(SystemExit):
        main()
    assert f"'localhost:5173' is not like {example}" in capsys.readouterr().err


def test_demo_needs_no_option(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["demo", "--fault", "list"])
    assert main() == 0
    assert "bey:never-joins" in capsys.readouterr().out


def test_demo_names_an_unknown_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["demo", "--fault", "bey:nope"])
    assert main() == 2
    assert "unknown fault 'bey:nope'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("origins", "webhook"), [(["http://localhost:5173"], None), ([], "http://localhost:8000/o/")]
)
def test_demo_prints_what_the_backend_of_a_platform_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], origins: list[str], webhook: str | None
) -> None:
    needed = {
        "ENDPOINT_URL": "http://127.0.0.1:1",
        "PLATFORM_API_KEY": "key",
        "PLATFORM_JWT_SECRET": "secret",
        "OUTCOME_WEBHOOK_SECRET": "whsec_c2VjcmV0",
    }
    _print_address(Stage(environment=needed), tmp_path, origins, webhook)
    printed = capsys.readouterr().out
    for name, value in needed.items():
        assert f"{name}={value}\n" in printed
    for address in filter(None, [*origins, webhook]):
        assert address in printed
