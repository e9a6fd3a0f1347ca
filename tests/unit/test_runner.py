"""`python -m tests`: which steps run, and what the summary says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runner.prerequisites import NEEDED_BY
from tests.runner.steps import ROOT, Step, plan
from tests.runner.summary import run_steps, summary
from tests.runner.unit_tests import UNIT_TESTS, exit_code, shares


def test_plan_runs_every_test_folder() -> None:
    paths = {ROOT / word for step in plan(None, set(), None, []) for word in step.command}
    tests = [p for p in Path(ROOT, "tests").rglob("test_*.py") if paths.isdisjoint(p.parents)]
    # `make evals` and `make packages` run those: they need a real model, and much time.
    # `make soak` runs all of tests/soak.
    others = {UNIT_TESTS, *(ROOT / f"tests/{name}" for name in ("evals", "packages", "soak"))}
    assert [test for test in tests if test not in paths and test.parent not in others] == []
    assert ROOT / "tests/soak/test_soak.py" in paths
    (packages,) = plan("packages", set(), None, [])
    assert "tests/packages" in packages.command


def test_plan_leaves_out_what_needs_a_missing_prerequisite() -> None:
    steps = plan("product", {"livekit-server", "helm"}, 3, ["-x"])
    command = steps[0].command
    assert "tests/integration" not in command
    assert "tests/deploy" in command
    assert "--ignore=tests/deploy/test_chart.py" in command
    assert command[command.index("-n") + 1] == "3"
    assert command[-1] == "-x"


def test_plan_runs_every_product_test_once() -> None:
    together, alone = plan("product", set(), None, [])
    assert together.command[together.command.index("-m", 3) + 1] == "not alone and not variant"
    assert alone.command[alone.command.index("-m", 3) + 1] == "alone"
    searched = [word for word in alone.command if word.startswith("tests/")]
    marked = [
        path.relative_to(ROOT)
        for path in Path(ROOT, "tests").rglob("test_*.py")
        if "pytest.mark.alone" in path.read_text(encoding="utf-8") and path != Path(__file__)
    ]
    assert marked
    for path in marked:
        assert any(path.is_relative_to(folder) for folder in searched), f"{path} would not run"
    assert "tests/soak" not in together.command


def test_plan_runs_variants_only_if_asked() -> None:
    marks = {
        step.name: step.command[step.command.index("-m", 3) + 1]
        for group in ("product", "variants")
        for step in plan(group, {"helm"}, None, [])
    }
    assert marks == {
        "product tests, side by side": "not alone and not variant",
        "product tests, one by one": "alone",
        "variants": "variant",
    }
    (variants,) = plan("variants", {"helm"}, None, [])
    assert "--ignore=tests/deploy/test_chart.py" in variants.command


def test_plan_passes_arguments_to_the_unit_tests() -> None:
    (step,) = plan("unit", set(), None, ["-k", "store"])
    assert step.command[-2:] == ("-k", "store")
    assert step.may_be_empty, "no unit test may be selected"


def test_shares_have_every_file_once() -> None:
    files = ["a", "b", "c", "d", "e"]
    assert shares(files, 2) == [["a", "c", "e"], ["b", "d"]]
    assert shares(files[:1], 2) == [["a"]]


@pytest.mark.parametrize(
    ("codes", "code"), [([0, 5], 0), ([5, 5], 5), ([0, 1], 1), ([0, -signal.SIGSEGV], 1)]
)
def test_exit_code_ignores_parts_without_tests_if_others_have_some(
    codes: list[int], code: int
) -> None:
    assert exit_code(codes) == code


def test_run_parts_shows_failures_and_killed_processes(tmp_path: Path) -> None:
    for name, body in (("dies", "os.kill(os.getpid(), 9)"), ("fails", "assert not 'wrong'")):
        text = f"import os\ndef test_{name}():\n    {body}\n"
        (tmp_path / f"test_{name}.py").write_text(text, encoding="utf-8")
    program = f"""
import sys
from pathlib import Path
from tests.runner.unit_tests import run_parts
parts = [[str(path)] for path in sorted(Path({str(tmp_path)!r}).glob("*.py"))]
sys.exit(run_parts(parts, ["-c", "/dev/null", "-p", "no:cacheprovider"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "part 1 of 2 was ended by signal 9" in done.stdout
    assert "assert not 'wrong'" in done.stdout


def test_run_steps_accepts_a_step_without_tests() -> None:
    no_tests = 5
    assert run_steps([Step("unit tests", exits(no_tests), may_be_empty=True)], {}) == 0


def test_plan_runs_one_group() -> None:
    assert [step.name for step in plan("page", set(), None, [])] == ["vitest"]


def test_prerequisites_name_paths_that_exist() -> None:
    assert [p for paths in NEEDED_BY.values() for p in paths if not Path(ROOT, p).exists()] == []


def test_summary_names_failed_steps_and_missing_prerequisites() -> None:
    text = summary([("mypy", True, 9.6), ("unit tests", False, 48)], {"chromium": "no apt"}, 90)
    assert "passed      10 s  mypy" in text
    assert "NOT RUN because chromium is missing: tests/browser" in text
    assert text.endswith("failed: unit tests, chromium is missing (1.5 min)")


def test_summary_says_that_all_passed() -> None:
    assert summary([("mypy", True, 9.6)], {}, 60).endswith("all checks passed (1.0 min)")


def exits(code: int) -> tuple[str, ...]:
    return (sys.executable, "-c", f"raise SystemExit({code})")


def test_run_steps_names_tests_that_crashed(capsys: pytest.CaptureFixture[str]) -> None:
    note = "CRASHED test_one: the second run counts"
    program = f"import os; open(os.environ['TESTS_NOTES_FILE'], 'a').write({note!r} + chr(10))"
    assert run_steps([Step("product tests", (sys.executable, "-c", program))], {}) == 0
    assert f"{note}\nall checks passed" in capsys.readouterr().out


def test_run_steps_lets_python_keep_compiled_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    program = "import sys; sys.exit(sys.dont_write_bytecode)"
    assert run_steps([Step("unit tests", (sys.executable, "-c", program))], {}) == 0


@pytest.mark.skipif(os.cpu_count() == 1, reason="one core runs one step at a time")
def test_run_steps_runs_steps_of_one_core_side_by_side(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    program = """
import pathlib, sys, time
mine, other = map(pathlib.Path, sys.argv[1:])
mine.touch()
until = time.monotonic() + 60
while not other.exists() and time.monotonic() < until:
    time.sleep(0.01)
print("met the other" if other.exists() else "was alone")
"""
    names = ["mypy", "eslint"]
    steps = [
        Step(
            name,
            (sys.executable, "-c", program, str(tmp_path / name), str(tmp_path / other)),
            one_core=True,
        )
        for name, other in zip(names, reversed(names), strict=True)
    ]
    assert run_steps([*steps, Step("ruff", exits(1), one_core=True)], {}) == 1
    shown = capfd.readouterr().out
    assert "== eslint\nmet the other" in shown
    assert "failed: ruff" in shown
