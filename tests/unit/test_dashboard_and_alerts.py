"""The dashboard and the rules query metrics and labels that exist; alerts have a runbook entry.

tests/unit/test_alerts.py evaluates the rules.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client import REGISTRY

import agent.telemetry.metrics
import agent.telemetry.shared_metrics  # noqa: F401  registers the metrics of both processes
from agent.token_endpoint.errors import ERROR_KINDS
from agent.token_endpoint.metrics import STORED_COUNTS

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana" / "training-greeter.json").read_text())
RULES = [
    rule
    for file in sorted((DEPLOY / "prometheus").glob("*.yaml"))
    for group in yaml.safe_load(file.read_text())["groups"]
    for rule in group["rules"]
]
ALERTS = [rule for rule in RULES if "alert" in rule]
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
RUNBOOK = (DEPLOY.parent / "docs" / "runbook.md").read_text()
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]

QUERIES = {
    **{f"rule {n} {rule.get('alert', '')}": rule["expr"] for n, rule in enumerate(RULES)},
    **{
        f"panel {panel['title']} {target['refId']}": target["expr"]
        for panel in PANELS
        for target in panel["targets"]
    },
}
_COMMON_LABELS = {"le", "job", "instance", "namespace"}
_WITHOUT_SELECTOR = ("vector(", "hour(", "day_of_week(")


def plain(query: str) -> str:
    """Replace Grafana's variables."""
    return query.replace("$__rate_interval", "5m").replace("$__range", "1h")


def selectors(parsed: Any) -> Iterator[promql_parser.VectorSelector]:
    """Yield all selectors of a parsed query."""
    if isinstance(parsed, promql_parser.VectorSelector):
        yield parsed
    for name in ("vector_selector", "expr", "lhs", "rhs"):
        if (inner := getattr(parsed, name, None)) is not None:
            yield from selectors(inner)
    for inner in getattr(parsed, "args", None) or ():
        yield from selectors(inner)


def exposed_labels() -> dict[str, set[str]]:
    """Return the labels of each series that our processes expose."""
    found = {
        name: set(collector._labelnames)
        for collector, names in REGISTRY._collector_to_names.items()
        for name in names
        if name.startswith("training_greeter_") and hasattr(collector, "_labelnames")
    }
    for family in STORED_COUNTS.describe():
        found[f"{family.name}_total"] = set(family._labelnames)
    for rule in RULES:
        if "record" in rule:
            grouped = re.findall(r"by \(([^)]*)\)", rule["expr"])
            labels = {label.strip() for group in grouped for label in group.split(",")}
            found.setdefault(rule["record"], set()).update(labels, rule.get("labels", {}))
    return found


def test_no_metric_has_a_label_for_a_greeting_or_a_trainee() -> None:
    exposed = exposed_labels()
    labels = {label for name in exposed.keys() - RECORDED for label in exposed[name]}
    assert "mode" in labels
    assert not [label for label in labels if re.search("session|trainee|room|job|name$", label)]


@pytest.mark.parametrize("name", QUERIES)
def test_query_uses_existing_metrics_and_labels(name: str) -> None:
    exposed = exposed_labels()
    asked = list(selectors(promql_parser.parse(plain(QUERIES[name]))))
    assert asked or QUERIES[name].startswith(_WITHOUT_SELECTOR), "the query has no selector"
    written = set(re.findall(r"training_greeter[_:][\w:]+", QUERIES[name]))
    assert {selector.name for selector in asked} == written, "a selector was not parsed"
    for selector in asked:
        assert selector.name in exposed, f"there is no metric {selector.name}"
        labels = {matcher.name for matcher in selector.matchers.matchers}
        assert labels <= exposed[selector.name] | _COMMON_LABELS


@pytest.mark.parametrize("name", [name for name in QUERIES if name.startswith("rule")])
def test_rule_selects_by_job_and_keeps_the_namespace(name: str) -> None:
    query = QUERIES[name]
    for selector in selectors(promql_parser.parse(query)):
        if selector.name not in RECORDED:
            assert 'job=~".*training-greeter.*"' in str(selector), selector
    for labels in re.findall(r"(?:sum|min|max) by \(([^)]*)\)", query):
        assert "namespace" in labels.split(", "), labels
    assert not re.search(r"\b(sum|min|max) ?\(", query), "the aggregation mixes installations"


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_alert_has_severity_summary_and_runbook_entry(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["alert"].startswith("TrainingGreeter")
    assert re.fullmatch(r"\d+[smh]", rule.get("for", "0m"))
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert set(rule["annotations"]) == {"summary", "runbook_url"}
    assert len(rule["annotations"]["summary"]) > 20
    assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{rule['alert'].lower()}"
    entry = runbook_entries()[rule["alert"]]
    for part in ("Means", "Do"):
        assert f"- **{part}**: " in entry, part


@pytest.mark.parametrize("name", ["EndpointIsNotReady", "WorkerIsNotRegistered"])
def test_alert_about_one_process_names_it(name: str) -> None:
    [rule] = [rule for rule in ALERTS if rule["alert"] == f"TrainingGreeter{name}"]
    assert "{{ $labels.instance }}" in rule["annotations"]["summary"]
    assert " by (" not in rule["expr"], "the label is lost"


def runbook_entries() -> dict[str, str]:
    """Return the text of each runbook entry, by the alert's name."""
    _, *parts = RUNBOOK.split("\n## Alerts\n")[1].split("\n### ")
    return {heading: text for heading, _, text in (part.partition("\n") for part in parts)}


def test_runbook_has_entries_for_existing_alerts_only() -> None:
    assert set(runbook_entries()) == {rule["alert"] for rule in ALERTS}


def test_runbook_names_existing_settings_metrics_and_events() -> None:
    example = (DEPLOY.parent / ".env.example").read_text()
    settings = set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE))
    agent = (DEPLOY.parent / "agent").rglob("*.py")
    code = " ".join(path.read_text() for path in agent if "demo" not in path.parts)
    spans = set(re.findall(r"`([^`\n]+)`", " ".join(runbook_entries().values())))
    named = {word for span in spans for word in re.findall(r"\b[A-Z]+_[A-Z_]+\b", span)}
    assert named <= settings
    metrics = {name.removeprefix("training_greeter_") for name in exposed_labels()}
    objectives = {rule["labels"]["slo"] for rule in RULES if "slo" in rule.get("labels", {})}
    for span in spans - objectives:
        if re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", span) and span not in metrics:
            assert f'"{span}"' in code, f"{span} is neither a metric nor in the code"


def test_every_error_of_the_endpoint_that_costs_a_greeting_counts() -> None:
    failures = {code for code, kind in ERROR_KINDS.items() if kind.status >= 500}
    counted = [
        rule["expr"]
        for rule in RULES
        if rule.get("alert") == "TrainingGreeterEndpointFails"
        or (rule.get("labels", {}).get("slo") == "start" and "vector(" not in rule["expr"])
    ]
    assert len(counted) == 5
    for query in counted:
        [codes] = re.findall(r'outcome=~"([^"]*)"', query)
        assert set(codes.split("|")) == failures


def test_objectives_of_the_page_are_those_of_the_rules() -> None:
    budgets = {
        rule["labels"]["slo"]: float(rule["expr"].removeprefix("vector(").removesuffix(")"))
        for rule in RULES
        if rule.get("record") == "training_greeter:slo_error_budget"
    }
    page = (DEPLOY.parent / "docs" / "operations.md").read_text()
    rows = re.findall(r"^\| (\w+) \| [^|]+ \| ([\d.]+) % \|", page, re.MULTILINE)
    assert {name: round(1 - float(share) / 100, 6) for name, share in rows} == budgets
    ratios = {
        rule["labels"]["slo"] for rule in RULES if "slo_error_ratio" in str(rule.get("record"))
    }
    assert ratios == budgets.keys()


def test_every_metric_is_on_the_dashboard() -> None:
    shown = " ".join(query for name, query in QUERIES.items() if name.startswith("panel"))
    ours = {
        collector._name for collector in REGISTRY._collector_to_names if hasattr(collector, "_name")
    }
    assert [n for n in ours if n.startswith("training_greeter_") and n not in shown] == []


@pytest.mark.parametrize(
    ("use", "shown"),
    [
        ("failures", "      1 ERROR\tjob_died\t\n"),
        ("event job_died", '{"event":"job_died","session_id":"123","level":"ERROR"}\n'),
        ("session 123", '{"event":"job_died","session_id":"123","level":"ERROR"}\n'),
        ("event other", ""),
    ],
)
def test_log_filters_of_the_runbook_skip_lines_that_are_not_json(use: str, shown: str) -> None:
    """Libraries and the interpreter write their own lines to the same log."""
    if shutil.which("jq") is None:
        pytest.skip("needs jq")
    log = 'warnings.warn(no JSON)\n{"event":"job_died","session_id":"123","level":"ERROR"}\n[1]\n'
    *_, filters = re.findall(r"```sh\n(.*?)```", RUNBOOK, re.DOTALL)
    done = subprocess.run(
        ["bash", "-ec", f"{filters}\n{use}"], input=log, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == (shown, "")
