"""A shared resource of processes is rebuilt once after a process died."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from tests.support.restartable import DiedAgain, Restartable


@dataclass
class FakeResource:
    number: int
    dead: bool = False
    closed: bool = False


class Opener:
    def __init__(self) -> None:
        self.opened: list[FakeResource] = []

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[FakeResource]:
        resource = FakeResource(len(self.opened))
        self.opened.append(resource)
        yield resource
        resource.closed = True


def restartable(opener: Opener) -> Restartable[FakeResource]:
    return Restartable("stage", opener.open, lambda r: ["worker died"] if r.dead else [])


async def test_restartable_keeps_the_resource_while_its_processes_run() -> None:
    opener = Opener()
    shared = restartable(opener)
    assert await shared.get() is await shared.get()
    assert not shared.rebuilt
    await shared.aclose()
    assert opener.opened[0].closed


async def test_restartable_rebuilds_the_resource_after_a_process_died() -> None:
    opener = Opener()
    shared = restartable(opener)
    (await shared.get()).dead = True
    assert not shared.is_running
    assert (await shared.get()).number == 1
    assert opener.opened[0].closed
    assert shared.rebuilt == "stage: worker died"


async def test_restartable_fails_after_a_process_died_twice() -> None:
    opener = Opener()
    shared = restartable(opener)
    (await shared.get()).dead = True
    (await shared.get()).dead = True
    for _ in range(2):
        with pytest.raises(DiedAgain, match="worker died"):
            await shared.get()
    assert len(opener.opened) == 2
