"""Builds what job processes share. The process that forks job processes imports this module.

An exception here would end that process, and no job could start, so all are suppressed. Each job
process calls `shared` again, and then reports the error.
"""

from __future__ import annotations

import contextlib

import agent.worker.job  # noqa: F401
from agent.worker.shared import shared

with contextlib.suppress(Exception):
    shared()
