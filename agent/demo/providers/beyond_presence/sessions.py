"""Avatar sessions, and the process that each avatar has to itself.

LiveKit's native library (livekit 1.1.21) sometimes aborts its process under load. A crash must not
end other avatars, so each has a process. It is forked from a server that has everything loaded.
It takes 40 MB and 0.01 s of CPU time more than an avatar in a shared process.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import os
import signal
import threading
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from agent.core.exit_codes import read_exit_codes_once
from agent.demo.providers.faults import Faults

logger = logging.getLogger("training-greeter.stand-ins")

_AVATAR_MODULE = "agent.demo.providers.beyond_presence.avatar"
_STOP_TIMEOUT_S = 4.0


@dataclass
class AvatarSession:
    """One paid session, as `GET /sessions` shows it. All times are seconds since the epoch."""

    id: str
    avatar_id: str
    url: str
    created_at: float = field(default_factory=time.time)
    identity: str = ""
    """The avatar's in the room; empty until it has joined."""
    room: str = ""
    joined_at: float | None = None
    left_at: float | None = None
    why_left: str = ""
    pid: int | None = None
    """Of the avatar's process."""
    crashed: bool = False
    """Its process ended by itself."""
    segments: int = 0
    """Speeches it has begun to play."""
    claims: dict[str, Any] = field(default_factory=dict)
    """What its token says (lifetime, grants, attributes); never the token."""


class Avatars:
    """Starts avatar processes, answers their requests for faults and notices their ends."""

    def __init__(self, faults: Faults) -> None:
        # Windows has no fork: there, every avatar loads everything itself.
        method = "spawn" if os.name == "nt" else "forkserver"
        self._context: Any = multiprocessing.get_context(method)
        self._context.set_forkserver_preload([_AVATAR_MODULE, __name__])
        self._faults = faults
        read_exit_codes_once()
        self._running: dict[str, tuple[BaseProcess, threading.Thread]] = {}
        self.sessions: dict[str, AvatarSession] = {}

    async def load(self) -> None:
        """Start the server from which avatars are forked, and wait until it has loaded."""
        first: BaseProcess = self._context.Process(target=int)
        await asyncio.to_thread(first.start)
        await asyncio.to_thread(first.join)

    def start(self, session: AvatarSession, token: str) -> None:
        """Send an avatar to the room of its token."""
        self.sessions[session.id] = session
        ours, theirs = self._context.Pipe()
        args = (theirs, session.url, token)
        process: BaseProcess = self._context.Process(target=_be_avatar, args=args, daemon=True)
        process.start()
        theirs.close()
        session.pid = process.pid
        thread = threading.Thread(target=self._follow, args=(session, process, ours), daemon=True)
        self._running[session.id] = process, thread
        thread.start()

    async def stop(self) -> None:
        """Let every avatar leave its room, and wait until all have left."""
        running = list(self._running.values())
        for process, _ in running:
            process.terminate()
        until = time.monotonic() + _STOP_TIMEOUT_S
        for process, thread in running:
            await asyncio.to_thread(thread.join, max(0.0, until - time.monotonic()))
            if thread.is_alive():
                process.kill()
                await asyncio.to_thread(thread.join, 1)

    def _follow(self, session: AvatarSession, process: BaseProcess, ours: Connection) -> None:
        """Serve one avatar until its process has ended; runs in a thread."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                message = ours.recv()
                if isinstance(message, dict):
                    joined_at = session.joined_at or message.get("joined_at")
                    vars(session).update(message, joined_at=joined_at)
                else:
                    ours.send(self._faults.take("bey", *message))
        process.join()
        if session.joined_at is not None and session.left_at is None:
            session.left_at = time.time()
        code = process.exitcode
        if code not in {0, -signal.SIGTERM}:  # SIGTERM is ours
            session.crashed, session.why_left = True, f"crashed: exit code {code}"
            logger.warning(
                "avatar process crashed; this avatar alone has left its room",
                extra={"event": "avatar_process_crashed", "session": session.id, "exit_code": code},
            )
        ours.close()
        self._running.pop(session.id, None)


def _be_avatar(connection: Connection, url: str, token: str) -> None:
    """Run in a new process. The import is here to keep LiveKit out of the parent process."""
    from agent.demo.providers.beyond_presence.avatar import run_avatar

    run_avatar(connection, url=url, token=token)
