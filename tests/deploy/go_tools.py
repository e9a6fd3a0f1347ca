"""The tools that the deployment's files are checked with, as far as they come as Go modules."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from agent.demo.go_tool import ensure_go_tool


async def ensure_helm(say: Callable[[str], None] = lambda _: None) -> Path:
    """Helm, which renders the chart; from PATH, where it is there.

    Raises:
        MissingTool: see `ensure_go_tool`.
    """
    if found := shutil.which("helm"):
        return Path(found)
    return await ensure_go_tool(
        "helm",
        "helm.sh/helm/v3/cmd/helm",
        "v3.18.6",
        say,
        takes="two to four minutes",
        how="install it as https://helm.sh/docs/intro/install/ says",
    )


async def ensure_compose(say: Callable[[str], None] = lambda _: None) -> Path:
    """Docker Compose's own reader of compose files, with the specification's schema in it.

    Raises:
        MissingTool: see `ensure_go_tool`.
    """
    return await ensure_go_tool(
        "compose",
        "github.com/compose-spec/compose-go/v2/cmd",
        "v2.9.0",
        say,
        takes="half a minute",
        how="it comes no other way",
    )
