"""The dashboard and the alert rules query metrics and labels that exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client import REGISTRY

import agent.outcomes.metrics
import agent.telemetry.metrics
import agent.token_endpoint.metrics  # noqa: F401  registers the metrics of both processes

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana" / "training-greeter.json").read_text())
RULES = [
    rule
    for group in yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())["groups"]
    for rule in group["rules"]
]
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]

QUERIES = {
    **{f"alert {rule['alert']}": rule["expr"] for rule in RULES},
    **{
        f"panel {panel['title']} {target['refId']}": target["expr"]
        for panel in PANELS
        for target in panel["targets"]
    },
}
_COMMON_LABELS = {"le", "job", "instance"}


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
    return {
        name: set(collector._labelnames)
        for collector, names in REGISTRY._collector_to_names.items()
        for name in names
        if name.startswith("training_greeter_") and hasattr(collector, "_labelnames")
    }


@pytest.mark.parametrize("name", QUERIES)
def test_query_uses_existing_metrics_and_labels(name: str) -> None:
    exposed = exposed_labels()
    asked = list(selectors(promql_parser.parse(plain(QUERIES[name]))))
    assert asked, "the query has no selector"
    written = set(re.findall(r"training_greeter_\w+", QUERIES[name]))
    assert {selector.name for selector in asked} == written, "a selector was not parsed"
    for selector in asked:
        assert selector.name in exposed, f"there is no metric {selector.name}"
        labels = {matcher.name for matcher in selector.matchers.matchers}
        assert labels <= exposed[selector.name] | _COMMON_LABELS


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_alert_has_severity_summary_and_action(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"\d+[smh]", rule.get("for", "0m"))
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert len(rule["annotations"]["summary"]) > 20
    assert len(rule["annotations"]["action"]) > 40


def test_alert_actions_name_existing_settings() -> None:
    example = (DEPLOY.parent / ".env.example").read_text()
    known = set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", example, re.MULTILINE))
    for rule in RULES:
        named = set(re.findall(r"\b[A-Z]+_[A-Z_]+\b", rule["annotations"]["action"]))
        assert named <= known, rule["alert"]


def test_every_metric_is_on_the_dashboard() -> None:
    shown = " ".join(query for name, query in QUERIES.items() if name.startswith("panel"))
    ours = {
        collector._name for collector in REGISTRY._collector_to_names if hasattr(collector, "_name")
    }
    assert [n for n in ours if n.startswith("training_greeter_") and n not in shown] == []
