"""Replaces a livekit-server that a module's tests share, once, if it has died."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from agent.demo.livekit_server import LiveKitServer
from tests.support.crash_reports import REBUILT

_rebuilt: dict[tuple[str, str], str] = {}
"""By module and fixture: why it was rebuilt."""


def rebuild_dead_servers(item: pytest.Item) -> None:
    """Close every shared fixture whose livekit-server has died; the test's setup opens it again.

    What depends on the server, such as an endpoint, is closed first and opened again after it. Call
    this before the test's setup.

    Raises:
        pytest.fail.Exception: the server of this module died for the second time.
    """
    for name, definition in _open_servers(item):
        server: LiveKitServer = definition.cached_result[0]
        if server.process.returncode is None:
            continue
        key = item.nodeid.partition("::")[0], name
        why = f"{name}: livekit-server ended with exit code {server.process.returncode}"
        if earlier := _rebuilt.get(key):
            pytest.fail(f"a shared process died again: {why}; rebuilt before: {earlier}", False)
        _rebuilt[key] = why
        item.user_properties.append((REBUILT, why))
        definition.finish(item._request)  # type: ignore[attr-defined]


def _open_servers(item: pytest.Item) -> Iterator[tuple[str, Any]]:
    """Yield name and definition of the test's fixtures that hold a server.

    pytest has no public API to look at an open fixture without opening it (pytest 9.0).
    """
    definitions = item._fixtureinfo.name2fixturedefs  # type: ignore[attr-defined]
    for name, (*_, definition) in definitions.items():
        result = definition.cached_result
        if result is not None and isinstance(result[0], LiveKitServer):
            yield name, definition
