"""`python -m tests`: which steps run, and what the summary says."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.runner.prerequisites import NEEDED_BY
from tests.runner.steps import ROOT, Step, plan
from tests.runner.summary import run_steps, summary


def test_plan_runs_every_test_folder() -> None:
    paths = {ROOT / word for step in plan(None, set(), None, []) for word in step.command}
    tests = [p for p in Path(ROOT, "tests").rglob("test_*.py") if paths.isdisjoint(p.parents)]
    # `make evals` and `make packages` run those: they need a real model, and much time.
    # `make soak` runs all of tests/soak.
    others = {ROOT / f"tests/{name}" for name in ("evals", "packages", "soak")}
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


def test_plan_shares_the_unit_tests_out_in_four_parts_for_each_core(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    parts = plan("unit", set(), None, ["-k", "store"])
    first = parts[0]
    assert [part.name for part in parts] == [f"unit tests, part {n} of 4" for n in (1, 2, 3, 4)]
    files = [word for step in parts for word in step.command if word.endswith(".py")]
    wanted = [str(path.relative_to(ROOT)) for path in Path(ROOT, "tests/unit").glob("test_*.py")]
    assert sorted(files) == sorted(wanted)
    assert first.one_core
    assert first.may_be_empty, "with arguments, one part may select no test"


def test_run_steps_accepts_a_part_without_tests() -> None:
    no_tests = 5
    part = Step("unit tests, part 1 of 2", exits(no_tests), one_core=True, may_be_empty=True)
    assert run_steps([part], {}) == 0


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


@pytest.mark.parametrize(
    ("retry_alone", "alone", "code"), [(True, 0, 0), (True, 1, 1), (False, 0, 1)]
)
def test_run_steps_takes_the_result_of_failed_tests_alone_only_if_asked(
    retry_alone: bool, alone: int, code: int
) -> None:
    step = Step("product tests", exits(1), failed_alone=exits(alone))
    assert run_steps([step], {}, retry_alone=retry_alone) == code


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
