"""Arguments, report and exit code of `python -m agent doctor`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from agent.cli.doctor.configuration import Configuration, read_configuration, secret_values
from agent.cli.doctor.report import as_json, as_text, without_secrets
from agent.cli.doctor.result import CheckResult, Level
from agent.cli.doctor.run import run_checks


def main(arguments: Sequence[str]) -> int:
    """Run the checks, print the report, and end the process: with 0 if no check failed, else 1.

    Wrong arguments raise SystemExit with 2.
    """
    options = _parser().parse_args(arguments)
    # The report names what is wrong; warnings of libraries would only disturb it.
    warnings.simplefilter("ignore")
    logging.getLogger("dotenv").setLevel(logging.ERROR)
    parts = frozenset(["worker", "endpoint"] if options.part == "both" else [options.part])
    config = read_configuration(os.environ, parts=parts, file=Path(".env"))
    found = _run(config, residency_eu=options.residency == "eu")
    results = without_secrets(found, secret_values(config.environ))
    print(as_json(results) if options.json else as_text(results))
    code = int(any(result.level is Level.FAILED for result in results))
    sys.stdout.flush()
    # Python would wait for all threads, and one may wait for DNS for 30 s. So would asyncio.run.
    os._exit(code)


def _run(config: Configuration, *, residency_eu: bool) -> list[CheckResult]:
    return asyncio.new_event_loop().run_until_complete(
        run_checks(config, residency_eu=residency_eu)
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m agent doctor",
        description="Check the settings and every service that worker and endpoint depend on. "
        "Starts no paid session and dispatches no agent to a trainee. Exit code: 0 if no check "
        "failed, 1 if one did.",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    parser.add_argument(
        "--for",
        dest="part",
        choices=("both", "endpoint", "worker"),
        default="both",
        help="the process that uses these settings (default: both)",
    )
    parser.add_argument(
        "--residency",
        choices=["eu"],
        help="check also which settings keep the trainee's data in the European Union",
    )
    return parser
