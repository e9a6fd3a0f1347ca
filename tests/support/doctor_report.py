"""What `python -m agent doctor` finds, as lines of text; with longer time limits.

`python -m tests.support.doctor_report` is `python -m agent doctor` with them.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from unittest import mock

from agent.__main__ import main
from agent.cli.doctor import http_client, probe_room, run
from agent.cli.doctor.configuration import read_configuration
from agent.cli.doctor.result import CheckResult
from agent.cli.doctor.run import run_checks
from tests.support.environments import BOTH_PARTS

_CHECK_S, _ANSWER_S, _WORKER_S = 60.0, 20.0, 20.0


async def results_for(
    environment: dict[str, str], *, own_limits: bool = False
) -> list[CheckResult]:
    """Run the checks of a worker and an endpoint.

    Args:
        own_limits: keep the limits for an answer of a server and of a worker.
    """
    with _patience(own_limits=own_limits):
        return await run_checks(read_configuration(environment, parts=BOTH_PARTS))


def as_lines(results: list[CheckResult]) -> list[str]:
    return [f"{f.level} {f.check} {f.what}" + (f" → {f.fix}" if f.fix else "") for f in results]


@contextlib.contextmanager
def _patience(*, own_limits: bool = False) -> Iterator[None]:
    """Extend the limits of 12 s, 4 s and 6.5 s: a busy machine may need longer."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(run, "_LIMIT_S", _CHECK_S))
        if not own_limits:
            for module in (http_client, probe_room):
                stack.enter_context(mock.patch.object(module, "REQUEST_TIMEOUT_S", _ANSWER_S))
            stack.enter_context(mock.patch.object(probe_room, "_NO_WORKER_S", _WORKER_S))
        yield


if __name__ == "__main__":
    with _patience():
        sys.exit(main(["doctor", *sys.argv[1:]]))
