"""Every log call in agent/ has a constant message and a stable `event` name in `extra`.

The demo is not checked. docs/operations.md describes the log format.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

AGENT = Path(__file__).parents[2] / "agent"
NOT_CHECKED = {"demo", "__pycache__"}

LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
WORDED_BY_THE_INTEGRATION_GUIDE = "Beyond Presence API Response Status: %d"
"""Operators search for this text with its value."""
SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def problems(source: str) -> Iterator[tuple[int, str]]:
    """Line and description of each logger call that breaks the rule."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr not in LEVELS or not ast.unparse(node.func.value).endswith("logger"):
            continue
        arguments = node.args[1:] if node.func.attr == "log" else node.args
        if ast.unparse(arguments[0]) == repr(WORDED_BY_THE_INTEGRATION_GUIDE):
            arguments = arguments[:1]
        if len(arguments) != 1 or not _constants(arguments[0]):
            yield node.lineno, "the message is not one constant string"
        extra = next((k.value for k in node.keywords if k.arg == "extra"), None)
        events = _constants(_event(extra))
        if not events or not all(SNAKE_CASE.fullmatch(event) for event in events):
            yield node.lineno, 'extra has no constant "event" in snake_case'


def _event(extra: ast.expr | None) -> ast.expr | None:
    """The value of the key "event" in a dictionary of this expression."""
    for node in ast.walk(extra) if extra is not None else ():
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "event":
                    return value
    return None


def _constants(node: ast.expr | None) -> list[str]:
    """The values of a constant, or of `a if condition else b`; none of anything else."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.IfExp):
        body, otherwise = _constants(node.body), _constants(node.orelse)
        return body + otherwise if body and otherwise else []
    return []


@pytest.mark.parametrize(
    "package",
    sorted({path.name for path in AGENT.iterdir() if path.is_dir()} - NOT_CHECKED),
)
def test_log_calls_have_a_constant_message_and_an_event(package: str) -> None:
    found = [
        f"{path.relative_to(AGENT.parent)}:{line}: {problem}"
        for path in sorted((AGENT / package).rglob("*.py"))
        for line, problem in problems(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("call", "count"),
    [
        ('logger.info("a job started", extra={"event": "job_started", "job_id": job})', 0),
        ('logger.info("a " "job", extra={"event": "job_started"} | ids)', 0),
        ('logger.log(level, "a job", extra={**ids, "event": "job_started"})', 0),
        ('logger.info("a job started")', 1),
        ('logger.info("job %s", job, extra={"event": "job_started"})', 1),
        ('logger.info(f"job {job}", extra={"event": "job_started"})', 1),
        ('logger.info("a job", extra={"event": "Job started"})', 1),
        ('self._logger.info("a job", extra={"event": name})', 1),
        ('logger.info("a" if x else "b", extra={"event": "a" if x else "b"})', 0),
        ('logger.info("a" if x else y, extra={"event": "a" if x else y})', 2),
        ('print("no log call")', 0),
    ],
)
def test_problems_finds_calls_that_break_the_rule(call: str, count: int) -> None:
    assert len(list(problems(call))) == count
