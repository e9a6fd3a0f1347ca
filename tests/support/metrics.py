"""Reading the metrics that worker and endpoint expose to Prometheus."""

from __future__ import annotations

import re
from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

# In an address, or as a field of its own.
_PORT = re.compile(r"(?:http://[^:/\s]+:|\bport\W{1,4})(\d{4,5})\b")


def metrics_port(log_text: str) -> int:
    """Return the port that a process has named in its log."""
    lines = [line for line in log_text.splitlines() if "metrics" in line.lower()]
    found = [port for line in lines for port in _PORT.findall(line)]
    assert found, "the log names no metrics port"
    return int(found[-1])


def parse_metrics(exposition: str) -> dict[str, float]:
    """Return the value of each series, keyed as `name{label="x"}`."""
    return {
        sample.name + _labels(sample.labels): sample.value
        for family in text_string_to_metric_families(exposition)
        for sample in family.samples
    }


def _labels(labels: Mapping[str, str]) -> str:
    inside = ",".join(f'{name}="{value}"' for name, value in sorted(labels.items()))
    return f"{{{inside}}}" if inside else ""
