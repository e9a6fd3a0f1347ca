"""`make audit`: known vulnerabilities of the locked packages, and their SBOMs in `.audit/`.

It is not part of `make test`, because its result changes without a change of the code. Exit codes:
0 no known vulnerability; 1 at least one; 2 some packages could not be looked up. pip-audit reports
packages that it could not look up as "no known vulnerabilities"; here they count as not audited.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / ".audit"
PAGES = ("web",)
"""Folders with a package-lock.json."""
_WAIT_S = 300


@dataclass
class Audited:
    """The result for one lock file."""

    name: str
    packages: int = 0
    known: list[str] = field(default_factory=list)
    """Vulnerabilities: package, version, id."""
    not_audited: str = ""
    """Why the audit is incomplete; empty if every package was looked up."""

    def __str__(self) -> str:
        lines = [f"{self.name}: {line}" for line in self.known]
        if self.not_audited:
            lines.append(f"{self.name}: NOT AUDITED: {self.not_audited}")
        elif not self.known:
            lines.append(f"{self.name}: {self.packages} packages, no known vulnerability")
        return "\n".join(lines)


def read_pip_audit(name: str, report: str) -> Audited:
    """Read the JSON report of pip-audit; a skipped package was not audited."""
    try:
        listed = json.loads(report)["dependencies"]
        skipped = [package["name"] for package in listed if "skip_reason" in package]
        known = [
            f"{package['name']} {package['version']}: {found['id']}"
            + (f", fixed in {', '.join(found['fix_versions'])}" if found["fix_versions"] else "")
            for package in listed
            for found in package.get("vulns", [])
        ]
    except (ValueError, TypeError, KeyError):
        return Audited(name, not_audited="pip-audit gave no report")
    why = f"{len(skipped)} of {len(listed)} packages could not be looked up" if skipped else ""
    return Audited(name, len(listed), known, why if listed else "nothing was looked up")


def read_npm_audit(name: str, report: str) -> Audited:
    """Read the JSON report of npm audit; a report without a package count is not an audit."""
    told: dict[str, Any] = {}
    try:
        told = json.loads(report)
        packages = int(told["metadata"]["dependencies"]["total"])
        known = [
            f"{package['name']} {package['range']}: {package['severity']}"
            for package in told["vulnerabilities"].values()
        ]
    except (ValueError, TypeError, KeyError, AttributeError):
        said = str(told.get("message", "")) if isinstance(told, dict) else ""
        return Audited(name, not_audited=said or "npm audit gave no report")
    return Audited(name, packages, known)


def _ran(*command: str, cwd: Path = ROOT) -> str:
    """Return the output of a tool; empty if it is missing or takes too long.

    The exit code is ignored: 1 means a vulnerability or a registry that does not answer.
    """
    program = shutil.which(command[0])
    if program is None:
        return ""
    try:
        with (OUT / "tools.log").open("ab") as log:
            done = subprocess.run(
                [program, *command[1:]],
                cwd=cwd,
                stdout=subprocess.PIPE,
                stderr=log,
                timeout=_WAIT_S,
                check=False,
            )
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout.decode(errors="replace")


def _python(name: str, *which: str) -> Audited:
    """Audit the locked Python packages and write their SBOM."""
    uv = os.environ.get("UV", "uv")
    locked = OUT / f"{name}.txt"
    exported = ("--locked", "--no-emit-project", "--quiet", "--format", "requirements-txt")
    locked.write_text(_ran(uv, "export", *exported, *which))
    if not locked.stat().st_size:
        return Audited(name, not_audited="uv export gave no list")
    sbom = ("cyclonedx_py", "requirements", str(locked), "--output-reproducible")
    _ran(sys.executable, "-m", *sbom, "-o", str(OUT / f"sbom-{name}.cdx.json"))
    options = ("--require-hashes", "--disable-pip", "-f", "json", "--progress-spinner", "off")
    return read_pip_audit(
        name, _ran(sys.executable, "-m", "pip_audit", "-r", str(locked), *options)
    )


def _page(folder: str) -> Audited:
    """Audit one package-lock.json and write its SBOM."""
    name, cwd = f"npm-{folder.replace('/', '-')}", ROOT / folder
    listed = _ran("npm", "sbom", "--sbom-format", "cyclonedx", "--package-lock-only", cwd=cwd)
    (OUT / f"sbom-{name}.cdx.json").write_text(listed)
    return read_npm_audit(name, _ran("npm", "audit", "--json", "--package-lock-only", cwd=cwd))


def exit_code(audited: list[Audited]) -> int:
    """Return 1 for a known vulnerability, else 2 for an incomplete audit, else 0."""
    if any(each.known for each in audited):
        return 1
    return 2 if any(each.not_audited for each in audited) else 0


def main() -> int:
    """Audit all lock files and print the results."""
    OUT.mkdir(exist_ok=True)
    audited = [
        _python("python", "--no-dev"),
        _python("python-development", "--all-extras", "--all-groups"),
        *(_page(folder) for folder in PAGES),
    ]
    print(*audited, sep="\n")
    print(f"lists of what is locked (CycloneDX): {OUT.name}/sbom-*.cdx.json")
    return exit_code(audited)


if __name__ == "__main__":
    sys.exit(main())
