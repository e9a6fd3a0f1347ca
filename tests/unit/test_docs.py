"""Documentation matches the code: links resolve, variables and commands exist."""

from __future__ import annotations

import json
import re
import shlex
import time
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest
from prometheus_client import REGISTRY

import agent.telemetry.metrics
import agent.token_endpoint.metrics  # noqa: F401  registers the metrics of both processes
from agent.__main__ import COMMANDS
from agent.core.settings import EndpointSettings, WorkerSettings
from agent.token_endpoint.platform_fields import PlatformFields
from tests.bench.turns import Turns, table, with_table

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = {"node_modules", ".venv", ".cache", ".git"}
PAGES = sorted(
    page for page in ROOT.rglob("*.md") if SKIPPED.isdisjoint(page.relative_to(ROOT).parts)
)
README_WORDS_MAX = 1_150

_FENCE = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_COMMAND = re.compile(r"python -m (agent(?:\.\w+)?)(?: ([a-z][a-z-]*))?")


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    """The page without its code blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub generates them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading).strip().lower() for heading in headings)
    return {text.replace(" ", "-") for text in plain}


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """File and anchor of every relative link on a page."""
    for target in _LINK.findall(prose(page)):
        if not re.match(r"[a-z]+:", target):
            path, _, anchor = target.partition("#")
            yield (page.parent / path).resolve() if path else page, anchor


def commands() -> set[tuple[str, str]]:
    """Every `python -m agent… [command]` on any page."""
    return {
        (module, command)
        for page in PAGES
        for module, command in _COMMAND.findall(page.read_text())
    }


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_resolve(page: Path) -> None:
    for path, anchor in links(page):
        assert path.exists(), path
        if anchor:
            assert anchor in anchors(path), f"{path} has no heading #{anchor}"


def test_index_lists_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {path for path, _ in links(index)}
    assert {page for page in PAGES if page.parent == index.parent} - linked == {index}


def test_readme_is_short() -> None:
    words = len((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert words <= README_WORDS_MAX


def test_readme_has_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(r"^make demo\b", readme, re.MULTILINE)
    assert re.search(r"^make test\b", readme, re.MULTILINE)


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    shown = {
        target for page in PAGES for target in re.findall(r"\bmake ([a-z]+)\b(?=[`\s])", code(page))
    }
    assert shown <= targets


def test_contributing_lists_every_make_target() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `make ([a-z]+)`", page, re.MULTILINE)) == targets - {"help"}


def code(page: Path) -> str:
    """Code blocks and code spans of a page."""
    text = page.read_text(encoding="utf-8")
    blocks = [match.group() for match in _FENCE.finditer(text)]
    return "\n".join([*blocks, *(f"{span} " for span in re.findall(r"`([^`\n]+)`", prose(page)))])


def test_performance_page_takes_the_table_of_make_turns() -> None:
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    turns = Turns(gaps=[0.5], after_words=[0.2], cut_off=1, hesitant=15)
    rows = table({"flux-general-multi": turns})
    written = with_table(page, rows)
    assert "| flux-general-multi | 0.50 s | 0.50 s | 0.20 s | 0.20 s | 1 of 15 |\n" in written
    assert set(written.splitlines()) - set(page.splitlines()) == {rows.splitlines()[-1]}


def test_configuration_page_lists_every_variable() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|RECORDING|VOICES)`", page))
    assert named == WorkerSettings.names() | EndpointSettings.names()


def test_configuration_page_has_a_row_for_every_variable_of_the_example() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([A-Z0-9_]+)` \|", page, re.MULTILINE)
    assert sorted(rows) == sorted(re.findall(r"^([A-Z0-9_]+)=", example, re.MULTILINE))


def test_configuration_page_has_the_defaults_of_the_example() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    values = dict(re.findall(r"^([A-Z0-9_]+)=(.*)$", example, re.MULTILINE))
    written = dict(re.findall(r"^\| `([A-Z0-9_]+)` \| `([^`]+)` \|", page, re.MULTILINE))
    assert len(written) > 30
    assert {n: v for n, v in written.items() if values[n] != v} == {
        "LIVEKIT_PUBLIC_URL": "LIVEKIT_URL"
    }


def test_webhooks_page_lists_every_field_of_the_outcome() -> None:
    page = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
    fields = json.loads((ROOT / "docs" / "outcome.schema.json").read_text())["properties"]
    rows = re.findall(r"^\| (`.*?) \|", page.split("### End reasons")[0], re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == sorted(fields)


@pytest.mark.parametrize("file", ["troubleshooting.md", "runbook.md"])
def test_page_names_checks_of_doctor(file: str) -> None:
    page = (ROOT / "docs" / file).read_text(encoding="utf-8")
    doctor = "".join(path.read_text() for path in (ROOT / "agent/cli/doctor").rglob("*.py"))
    named = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", page)) - {"error.message"}
    assert {check for check in named if f'"{check}"' not in doctor} == set()


def test_log_events_page_lists_every_warning() -> None:
    page = (ROOT / "docs" / "log-events.md").read_text(encoding="utf-8")
    files = [path for path in (ROOT / "agent").rglob("*.py") if "demo" not in path.parts]
    code = "".join(path.read_text() for path in files)
    warning = r"logger\.(?:warning|error|exception)\((?:(?!logger\.).)*?\"event\": \"(\w+)\""
    warnings = set(re.findall(warning, code, re.DOTALL))
    rows = re.findall(r"^\| (`.*?) \|", page, re.MULTILINE)
    rows += re.findall(r"^\| [A-Za-z' ]+ \| (`.*?) \|", page, re.MULTILINE)
    listed = set(re.findall(r"`([a-z_]+)`", " ".join(rows)))
    assert len(warnings) > 60
    assert warnings - listed == set()
    assert {event for event in listed if f'"{event}"' not in code} == set()


def test_metrics_page_lists_every_metric() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([a-z_]+)` \| .*\| .+ \|$", page, re.MULTILINE))
    prefix = "training_greeter_"
    ours = {
        family.name.removeprefix(prefix) + "_total" * (family.type == "counter")
        for family in REGISTRY.collect()
        if family.name.startswith(prefix)
    }
    assert listed == ours


def test_paths_in_code_spans_exist() -> None:
    """A path that was moved is found here; patterns such as `tests/unit/test_*.py` must match."""
    pattern = re.compile(r"^(?:agent|tests|web|deploy|docs|examples|prompts)/[\w./*-]*$")
    missing = [
        f"{name(page)}: {span}"
        for page in PAGES
        for span in re.findall(r"`([^`\n]+)`", prose(page))
        if pattern.match(span) and not any(ROOT.glob(span.rstrip("/")))
    ]
    assert missing == []


def test_commands_exist() -> None:
    listed = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    known = set(_COMMAND.findall("\n".join(re.findall(r"^\| .*$", listed, re.MULTILINE))))
    shown = {(module, command) for module, command in commands() if command}
    assert shown <= known, "add the command to the table in docs/cli.md, or correct its name"
    assert {command for module, command in known if module == "agent"} == set(COMMANDS)
    for module in sorted({module for module, _ in known}):
        assert (ROOT / module.replace(".", "/") / "__main__.py").exists(), module


def test_readme_snippet_signs_the_claims_that_the_endpoint_reads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secret = "0123456789abcdef0123456789abcdef"
    monkeypatch.setenv("PLATFORM_JWT_SECRET", secret)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    snippet = re.findall(r"```python\n(import os.*?)```", readme, re.DOTALL)[0]
    names: dict[str, str] = {}
    exec(snippet, names)
    claims = jwt.decode(names["token"], secret, algorithms=["HS256"])
    assert claims["sub"]
    assert claims["session_id"]
    assert 0 < claims["exp"] - time.time() <= 3600
    assert set(claims) - {"sub", "session_id", "exp"} <= set(PlatformFields.model_fields)


def test_request_of_the_readme_is_valid_json() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    curl = shlex.split(re.findall(r"```sh\n(curl .*?)```", readme, re.DOTALL)[0])
    body = json.loads(curl[curl.index("-d") + 1])
    assert set(body) <= set(PlatformFields.model_fields)
