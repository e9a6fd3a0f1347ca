"""How many job processes are kept ready, and that they share what is expensive to build."""

from __future__ import annotations

import pytest

from agent.worker import shared as shared_module
from agent.worker.server import prewarm
from agent.worker.shared import shared
from agent.worker.warm_processes import wanted_processes
from tests.support.environments import WORKER

QUIET, BURST = 60.0, 0.1


@pytest.mark.parametrize(
    ("idle", "free", "since_job_s", "wanted"),
    [
        (10, 10, QUIET, 10),
        # After a burst, one process is replaced after another.
        (0, 10, QUIET, 1),
        (4, 10, QUIET, 5),
        # During a burst, only a reserve is.
        (9, 9, BURST, 2),
        (1, 8, BURST, 2),
        # There is never one more than jobs that may come.
        (3, 3, QUIET, 3),
        (1, 1, BURST, 1),
        (0, 0, QUIET, 0),
    ],
)
def test_worker_replaces_processes_after_a_burst(
    idle: int, free: int, since_job_s: float, wanted: int
) -> None:
    assert wanted_processes(idle=idle, free=free, keep=10, since_job_s=since_job_s) == wanted


def test_job_process_builds_nothing_that_its_parent_has_built(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in WORKER.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("agent.worker.server.install_log_filter", lambda _, **__: None)
    shared.cache_clear()
    parent = shared()

    def built_again(*_: object) -> None:
        raise AssertionError("built again")

    for name in ("build_llm", "build_tts", "script_for"):
        monkeypatch.setattr(shared_module, name, built_again)

    class Process:
        userdata: dict[str, object] = {}  # noqa: RUF012

    prewarm(Process())  # type: ignore[arg-type]
    assert Process.userdata["llm"] is parent.llm
    shared.cache_clear()
