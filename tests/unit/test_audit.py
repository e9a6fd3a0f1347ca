"""`make audit` reads the reports of pip-audit and npm audit, and passes only complete ones."""

from __future__ import annotations

import json

import pytest

from tests.audit import Audited, exit_code, read_npm_audit, read_pip_audit

CLEAN = {"name": "a", "version": "1", "vulns": []}
SKIPPED = {"name": "b", "skip_reason": "Dependency not found on PyPI and could not be audited"}
HIT = {"name": "c", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]}


def pip(*packages: object) -> Audited:
    return read_pip_audit("python", json.dumps({"dependencies": packages, "fixes": []}))


def npm(report: object) -> Audited:
    return read_npm_audit("npm", json.dumps(report))


def test_audit_passes_a_complete_report_without_findings() -> None:
    found = [
        pip(CLEAN),
        npm({"vulnerabilities": {}, "metadata": {"dependencies": {"total": 9}}}),
    ]
    assert exit_code(found) == 0
    assert str(found[0]) == "python: 1 packages, no known vulnerability"


def test_audit_names_a_known_vulnerability() -> None:
    found = pip(CLEAN, HIT, SKIPPED)
    assert exit_code([pip(CLEAN), found]) == 1
    assert "c 2: PYSEC-1, fixed in 2.1" in str(found)
    assert "NOT AUDITED: 1 of 3" in str(found)
    told = {"name": "d", "range": "<1", "severity": "high"}
    listed = {"vulnerabilities": {"d": told}, "metadata": {"dependencies": {"total": 9}}}
    assert exit_code([npm(listed)]) == 1


@pytest.mark.parametrize(
    "found",
    [
        pip(SKIPPED),
        pip(CLEAN, SKIPPED),
        pip(),
        read_pip_audit("python", ""),
        read_pip_audit("python", "[]"),
        npm({"message": "405 Method Not Allowed", "statusCode": 405}),
        npm({"vulnerabilities": {}}),
        npm([]),
        read_npm_audit("npm", ""),
    ],
)
def test_audit_does_not_pass_an_incomplete_report(found: Audited) -> None:
    assert exit_code([pip(CLEAN), found]) == 2
    assert "NOT AUDITED" in str(found)
