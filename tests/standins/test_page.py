"""When the demo builds the page of `web/`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent.demo import page
from agent.demo.processes import DemoError


async def test_page_is_built_if_only_the_element_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "package-lock.json").touch()
    dist = tmp_path / "dist"
    dist.mkdir()
    for name in ("index.html", "greeter.json"):
        (dist / name).touch()
    monkeypatch.setattr(page, "WEB", tmp_path)
    monkeypatch.setattr(page, "DIST", dist)
    monkeypatch.setenv("PATH", "")  # building would need npm
    assert await page.ensure_page() == dist

    (dist / "index.html").unlink()  # as after `npm pack`
    with pytest.raises(DemoError, match="npm is not on PATH"):
        await page.ensure_page()
    (dist / "index.html").touch()
    os.utime(dist / "greeter.json", (0, 0))
    with pytest.raises(DemoError, match="npm is not on PATH"):
        await page.ensure_page()
