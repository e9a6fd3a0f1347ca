"""Settings: the only place that reads environment variables, with one type for each process.

Each command requires only the settings that it uses, and reports all missing ones in one message.
A field is the variable's name in lower case; `.env.example` lists all of them. Nothing is read at
import.
"""

from __future__ import annotations

from agent.core.settings.base import load_env_file, read_env_file
from agent.core.settings.endpoint import EndpointSettings
from agent.core.settings.recording import RecordingSettings
from agent.core.settings.shared import BillSettings, LiveKitSettings, LogSettings, StoreSettings
from agent.core.settings.worker import LlmSettings, VoiceSettings, WorkerSettings

__all__ = [
    "BillSettings",
    "EndpointSettings",
    "LiveKitSettings",
    "LlmSettings",
    "LogSettings",
    "RecordingSettings",
    "StoreSettings",
    "VoiceSettings",
    "WorkerSettings",
    "load_env_file",
    "read_env_file",
]
