"""`doctor` prints its results as text or JSON, without secrets, and sets the exit code."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.cli.doctor import command
from agent.cli.doctor.configuration import Configuration, read_configuration
from agent.cli.doctor.http_client import NoResponse
from agent.cli.doctor.report import as_json, as_text, without_secrets
from agent.cli.doctor.result import CheckResult, failed, ok, reports, warning


def test_report_aligns_text_and_keeps_its_json_format() -> None:
    results = [
        ok("a", "well"),
        warning("a.longer_name", "so so", "look"),
        failed("b", "not well", "mend it, " * 30),
    ]
    text = as_text(results, width=80)
    assert text.splitlines()[:2] == [
        "ok       a              well",
        "warning  a.longer_name  so so",
    ]
    assert all(len(line) <= 80 for line in text.splitlines())
    assert text.endswith("1 ok, 1 warning, 1 failed.")
    report = json.loads(as_json(results))
    assert report["ok"] is False
    assert report["counts"] == {"ok": 1, "warning": 1, "failed": 1, "skipped": 0}
    assert report["checks"][1] == {
        "check": "a.longer_name", "level": "warning", "what": "so so", "fix": "look",
    }  # fmt: skip


def test_report_removes_secrets_and_tokens() -> None:
    token = "eyJhbGciOi.eyJpc3Mi.c2ln"
    [found] = without_secrets([failed("x", f"hunter2-hunter2 {token}", token)], ["hunter2-hunter2"])
    assert (found.what, found.fix) == ("<secret> <token>", "<token>")


def _run_returns(monkeypatch: pytest.MonkeyPatch, results: list[CheckResult]) -> None:
    monkeypatch.setattr(command, "_run", lambda _, **__: results)


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ([ok("a", "b")], 0),
        ([warning("a", "b", "c")], 0),
        ([failed("a", "b", "c"), ok("a", "b")], 1),
    ],
)
def test_command_exit_code(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    results: list[CheckResult],
    code: int,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("= no setting, of which the library behind has words too\n")
    _run_returns(monkeypatch, results)
    exits: list[int] = []
    monkeypatch.setattr("os._exit", exits.append)
    command.main([])
    command.main(["--json"])
    assert exits == [code, code]
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("found", "environ", "lines"),
    [
        ([ok("a.one", ""), ok("a.two", "")], {}, ["ok a.one", "ok a.two"]),
        ([ok("a.one", "")], {}, ["ok a.one"]),
        ([failed("a.one", "", "")], {}, ["failed a.one", "skipped a.two"]),
        ([ok("a.one", ""), warning("a.more", "", "")], {}, ["ok a.one", "warning a.more"]),
        ([], {"MAX_JOBS": "many"}, ["skipped a.one", "skipped a.two"]),
        ([NoResponse("gone", "wait")], {}, ["failed a.one", "skipped a.two"]),
        ([ok("a.one", ""), NoResponse("gone", "wait")], {}, ["ok a.one", "failed a.two"]),
    ],
)
async def test_check_skips_what_it_cannot_find_out(
    found: list[CheckResult | NoResponse], environ: dict[str, str], lines: list[str]
) -> None:
    @reports("a.one", "a.two", needs=("MAX_JOBS",), address="ENDPOINT_URL", hint=" a bit")
    async def check(_: Configuration) -> AsyncIterator[CheckResult]:
        for result in found:
            if isinstance(result, NoResponse):
                raise result
            yield result

    config = read_configuration(environ, parts=frozenset({"worker"}))
    results = await check(config)
    assert [f"{result.level} {result.check}" for result in results] == lines
    for result in results:
        if result.level == "failed" and result.what:
            assert (result.what, result.fix) == ("ENDPOINT_URL: gone", "wait a bit")


def test_command_rejects_an_unknown_option() -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["--nonsense"])
    assert ended.value.code == 2
