"""The warnings of the worker when it starts."""

from __future__ import annotations

import logging

import pytest

from agent.core.settings import StoreSettings
from agent.worker.preflight import warn_of_ephemeral_disk


@pytest.mark.parametrize(
    ("environ", "warned"),
    [
        ({"LIVEKIT_AGENT_DEPLOYMENT": "production"}, True),
        ({"LIVEKIT_AGENT_ID": "CA_1"}, True),
        ({"LIVEKIT_REMOTE_EOT_URL": "https://eot.example"}, True),
        ({"LIVEKIT_AGENT_ID": "CA_1", "REDIS_URL": "redis://r:6379/0"}, False),
        ({"LIVEKIT_URL": "wss://project.livekit.cloud"}, False),
        ({"LIVEKIT_AGENT_ID": ""}, False),
    ],
)
def test_preflight_warns_once_of_a_disk_that_livekit_cloud_discards(
    environ: dict[str, str], warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        warn_of_ephemeral_disk(StoreSettings.from_env(environ), environ)
    assert len(caplog.messages) == warned
    assert ("REDIS_URL" in caplog.text) == warned
