"""`doctor`'s check of the store, for worker and token endpoint."""

from __future__ import annotations

from pathlib import Path

from agent.cli.doctor.checks import store
from agent.cli.doctor.configuration import Configuration, read_configuration
from agent.cli.doctor.result import CheckResult
from tests.support.environments import BOTH_PARTS, BOTH_SERVICES


def store_configuration(folder: Path, **more: str) -> Configuration:
    return read_configuration({**BOTH_SERVICES, "STATE_DIR": str(folder), **more}, parts=BOTH_PARTS)


async def check_store(folder: Path, **more: str) -> dict[str, CheckResult]:
    return {
        result.check: result for result in await store.check(store_configuration(folder, **more))
    }
