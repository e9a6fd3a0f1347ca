"""Imported by the process that job processes are forked from: build what they share.

Nothing may be raised here: the process would end, and no job could start. Each job process calls
`shared` again, and reports what is wrong.
"""

from __future__ import annotations

import contextlib

import agent.worker.job  # noqa: F401
from agent.worker.shared import shared

with contextlib.suppress(Exception):
    shared()
