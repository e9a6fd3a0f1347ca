"""`make audit`: known vulnerabilities of what is locked, and the lists of what that is (SBOM).

Not a part of `make test`: what is known changes without us. Exit codes: 0 all was audited, and
nothing is known; 1 something is known; 2 something was not audited, so nothing can be said of it.
pip-audit calls packages it could not look up "no known vulnerabilities"; here they are not audited.
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
PAGES = ("web", "examples/react-app")
"""Folders with a package-lock.json that is shipped, or shown to be copied."""
_WAIT_S = 300


@dataclass
class Audited:
    """What came of one lock."""

    name: str
    packages: int = 0
    known: list[str] = field(default_factory=list)
    """Vulnerabilities: package, version, id."""
    not_audited: str = ""
    """Why nothing can be said; empty where all packages were looked up."""

    def __str__(self) -> str:
        lines = [f"{self.name}: {line}" for line in self.known]
        if self.not_audited:
            lines.append(f"{self.name}: NOT AUDITED: {self.not_audited}")
        elif not self.known:
            lines.append(f"{self.name}: {self.packages} packages, nothing known")
        return "\n".join(lines)


def read_pip_audit(name: str, report: str) -> Audited:
    """Read pip-audit's JSON; a package it skipped was not audited."""
    try:
        listed = json.loads(report)["dependencies"]
        skipped = [package["name"] for package in listed if "skip_reason" in package]
        known = [
            f"{package['name']} {package['version']}: {found['id']}"
            + (f", mended in {', '.join(found['fix_versions'])}" if found["fix_versions"] else "")
            for package in listed
            for found in package.get("vulns", [])
        ]
    except (ValueError, TypeError, KeyError):
        return Audited(name, not_audited="pip-audit gave no report")
    why = f"{len(skipped)} of {len(listed)} packages could not be looked up" if skipped else ""
    return Audited(name, len(listed), known, why if listed else "nothing was looked up")


def read_npm_audit(name: str, report: str) -> Audited:
    """Read npm audit's JSON; an answer without a count of packages is no audit."""
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
    """What a tool printed; empty where it is missing or takes too long. Its exit code says little:
    it is 1 for a vulnerability and for a registry that does not answer."""
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
    """Audit the lock's Python packages, and list them in a file."""
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
    """The same for one package-lock.json."""
    name, cwd = f"npm-{folder.replace('/', '-')}", ROOT / folder
    listed = _ran("npm", "sbom", "--sbom-format", "cyclonedx", "--package-lock-only", cwd=cwd)
    (OUT / f"sbom-{name}.cdx.json").write_text(listed)
    return read_npm_audit(name, _ran("npm", "audit", "--json", "--package-lock-only", cwd=cwd))


def exit_code(audited: list[Audited]) -> int:
    """1 where anything is known, else 2 where anything was not audited, else 0."""
    if any(each.known for each in audited):
        return 1
    return 2 if any(each.not_audited for each in audited) else 0


def main() -> int:
    """Audit all locks, say what came of each, and where the lists are."""
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
