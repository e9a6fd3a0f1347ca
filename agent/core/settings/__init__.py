"""Settings: the one place that reads the environment, one type per process.

Each command demands only what it uses and reports everything missing in one message. The field
names are the environment's own, in lower case; `.env.example` lists every one of them. Nothing
here is read at import.
"""

from __future__ import annotations

from agent.core.settings.endpoint import EndpointSettings
from agent.core.settings.recording import RecordingSettings
from agent.core.settings.shared import LiveKitSettings, LogSettings, StoreSettings
from agent.core.settings.worker import LlmSettings, VoiceSettings, WorkerSettings

__all__ = [
    "EndpointSettings",
    "LiveKitSettings",
    "LlmSettings",
    "LogSettings",
    "RecordingSettings",
    "StoreSettings",
    "VoiceSettings",
    "WorkerSettings",
]
