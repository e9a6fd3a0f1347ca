"""The tools, which `python -m tests` has built by now."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.demo.tools import MissingTool
from tests.deploy.go_tools import ensure_compose, ensure_helm


@pytest.fixture(scope="session")
async def helm() -> Path:
    try:
        return await ensure_helm(print)
    except MissingTool as e:
        pytest.skip(str(e))


@pytest.fixture(scope="session")
async def compose() -> Path:
    try:
        return await ensure_compose(print)
    except MissingTool as e:
        pytest.skip(str(e))
