"""Builds what job processes share. The process that forks job processes imports this module.

An exception here would end that process, and no job could start, so all are suppressed. Each job
process calls `shared` again, and then reports the error.
"""

from __future__ import annotations

import contextlib
import signal

import agent.worker.job  # noqa: F401
from agent.worker.shared import shared

with contextlib.suppress(Exception):
    shared()

if hasattr(signal, "SIGUSR1"):
    # AgentServer sends it before SIGKILL to a process that is still starting when the worker stops.
    # The process would end at once, and AgentServer would report a crash
    # (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-agents/livekit/agents/ipc/supervised_proc.py).
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
