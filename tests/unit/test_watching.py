"""The dashboard and the alert rules ask for what the processes really count."""

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
import agent.token_endpoint.metrics  # noqa: F401  both processes' metrics, in one registry

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
_OF_EVERY_SERIES = {"le", "job", "instance"}


def plain(query: str) -> str:
    """As Grafana would send it."""
    return query.replace("$__rate_interval", "5m").replace("$__range", "1h")


def selectors(parsed: Any) -> Iterator[promql_parser.VectorSelector]:
    """Every metric asked for in a parsed query."""
    if isinstance(parsed, promql_parser.VectorSelector):
        yield parsed
    for name in ("vector_selector", "expr", "lhs", "rhs"):
        if (inner := getattr(parsed, name, None)) is not None:
            yield from selectors(inner)
    for inner in getattr(parsed, "args", None) or ():
        yield from selectors(inner)


def labels_of_ours() -> dict[str, set[str]]:
    """Every series our processes can expose, and its labels."""
    return {
        name: set(collector._labelnames)
        for collector, names in REGISTRY._collector_to_names.items()
        for name in names
        if name.startswith("training_greeter_") and hasattr(collector, "_labelnames")
    }


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_parses_and_asks_for_series_and_labels_there_are(name: str) -> None:
    ours = labels_of_ours()
    asked = list(selectors(promql_parser.parse(plain(QUERIES[name]))))
    assert asked, "it asks for nothing"
    written = set(re.findall(r"training_greeter_\w+", QUERIES[name]))
    assert {selector.name for selector in asked} == written, "the test overlooks a part of it"
    for selector in asked:
        assert selector.name in ours, f"nobody counts {selector.name}"
        labels = {matcher.name for matcher in selector.matchers.matchers}
        assert labels <= ours[selector.name] | _OF_EVERY_SERIES


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_says_what_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"\d+[smh]", rule.get("for", "0m"))
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert len(rule["annotations"]["summary"]) > 20
    assert len(rule["annotations"]["action"]) > 40


def test_names_in_the_alerts_advice_are_real_ones() -> None:
    example = (DEPLOY.parent / ".env.example").read_text()
    known = set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", example, re.MULTILINE))
    for rule in RULES:
        named = set(re.findall(r"\b[A-Z]+_[A-Z_]+\b", rule["annotations"]["action"]))
        assert named <= known, rule["alert"]


def test_every_metric_is_on_the_dashboard() -> None:
    """Or nobody would look at it."""
    shown = " ".join(query for name, query in QUERIES.items() if name.startswith("panel"))
    ours = {
        collector._name for collector in REGISTRY._collector_to_names if hasattr(collector, "_name")
    }
    assert [n for n in ours if n.startswith("training_greeter_") and n not in shown] == []
