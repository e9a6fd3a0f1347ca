"""The command itself: arguments, report, exit code."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path

from agent.cli.doctor.examination import examine
from agent.cli.doctor.finding import Finding, Level
from agent.cli.doctor.given import Given, read_settings, secret_values
from agent.cli.doctor.report import as_json, as_text, without_secrets

_PARTS = {
    "both": frozenset({"worker", "endpoint"}),
    "worker": frozenset({"worker"}),
    "endpoint": frozenset({"endpoint"}),
}
_IDLE_S = 0.2


def main(arguments: Sequence[str]) -> int:
    """Examine and report: 0 nothing failed, 1 something did, 2 not understood (by SystemExit)."""
    options = _parser().parse_args(arguments)
    warnings.simplefilter("ignore")  # a library's words are no finding
    logging.getLogger("dotenv").setLevel(logging.ERROR)  # nor are dotenv's: ours name the file
    given = read_settings(os.environ, parts=_PARTS[options.part], file=Path(".env"))
    findings = without_secrets(_examined(given), secret_values(given.environ))
    print(as_json(findings) if options.json else as_text(findings))
    return int(any(finding.level is Level.FAILED for finding in findings))


def leave(code: int) -> int:
    """End now where a thread still waits for DNS: Python would wait for it, for half a minute."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(_IDLE_S)
            if thread.is_alive():
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
    return code


def _examined(given: Given) -> list[Finding]:
    # Not asyncio.run: at its end it waits for every thread, and one may be waiting for DNS.
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(examine(given))
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m agent doctor",
        description="Checks the settings, and everybody that worker and endpoint depend on. It "
        "starts no paid session and greets nobody. Exit code 0: nothing failed; 1: something did.",
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument(
        "--for",
        dest="part",
        choices=sorted(_PARTS),
        default="both",
        help="whose settings these are; both by default",
    )
    return parser
