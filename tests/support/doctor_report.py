"""What `python -m agent doctor` finds, as lines of text, with longer timeouts than the product's.

`python -m tests.support.doctor_report` runs `python -m agent doctor` with these timeouts.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from unittest import mock

from agent.__main__ import main
from agent.cli.doctor import http_client, probe_room, result
from agent.cli.doctor.configuration import read_configuration
from agent.cli.doctor.result import CheckResult
from agent.cli.doctor.run import run_checks
from tests.support.environments import BOTH_PARTS

_CHECK_S, _ANSWER_S, _WORKER_S = 60.0, 20.0, 20.0


async def results_for(
    environment: dict[str, str], *, own_timeouts: bool = False
) -> list[CheckResult]:
    """Run the checks of a worker and an endpoint.

    Args:
        own_timeouts: keep the product's timeouts for an answer of a server or a worker.
    """
    with _long_timeouts(answers=not own_timeouts):
        return await run_checks(read_configuration(environment, parts=BOTH_PARTS))


def as_lines(results: list[CheckResult]) -> list[str]:
    return [f"{f.level} {f.check} {f.what}" + (f" → {f.fix}" if f.fix else "") for f in results]


@contextlib.contextmanager
def _long_timeouts(*, answers: bool = True) -> Iterator[None]:
    """Extend the timeouts, because a busy machine may need longer.

    Args:
        answers: extend not only the 12 s of a check, but also the 4 s of a server's answer and the
            6.5 s of a worker's.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(result, "_LIMIT_S", _CHECK_S))
        if answers:
            for module in (http_client, probe_room):
                stack.enter_context(mock.patch.object(module, "REQUEST_TIMEOUT_S", _ANSWER_S))
            stack.enter_context(mock.patch.object(probe_room, "_NO_WORKER_S", _WORKER_S))
        yield


if __name__ == "__main__":
    with _long_timeouts():
        sys.exit(main(["doctor", *sys.argv[1:]]))
