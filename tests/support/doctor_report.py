"""What `python -m agent doctor` finds, as lines of text."""

from __future__ import annotations

from unittest import mock

from agent.cli.doctor import run
from agent.cli.doctor.configuration import read_configuration
from agent.cli.doctor.result import CheckResult
from agent.cli.doctor.run import run_checks
from tests.support.environments import BOTH_PARTS


async def results_for(environment: dict[str, str]) -> list[CheckResult]:
    """Run the checks of a worker and an endpoint."""
    # On a busy machine, a check may take longer than its 12 s.
    with mock.patch.object(run, "_LIMIT_S", 60):
        return await run_checks(read_configuration(environment, parts=BOTH_PARTS))


def as_lines(results: list[CheckResult]) -> list[str]:
    return [f"{f.level} {f.check} {f.what}" + (f" → {f.fix}" if f.fix else "") for f in results]
