"""The worker: one long-running process that LiveKit dispatches greetings to."""

from __future__ import annotations

import asyncio
import contextlib
import os

from livekit.agents import AgentServer, JobProcess, JobRequest
from livekit.agents.worker import ServerEnvOption

from agent.errors import StoreError
from agent.job import greet, say_goodbye
from agent.job_metadata import JobMetadata
from agent.log import keep_logs_safe, logger
from agent.outcomes.courier import Courier
from agent.providers import build_llm, build_tts
from agent.recording.retention import Retention
from agent.room_contract import ATTRIBUTE_GREETER
from agent.scripts import script_for
from agent.settings import WorkerSettings
from agent.store import open_store

_FULL_LOAD = 0.5

_WARM_MAX = 16
"""A burst larger than this starts the rest as it comes."""
_LAST_S = 8.0
"""Longest wait for the courier and the store once LiveKit's part has stopped."""


class GreeterServer(AgentServer):
    """LiveKit's server of jobs, which also remembers that it failed, and delivers outcomes.

    As released (1.8.9) it exits with code 0 when LiveKit has given it up, and its health page says
    OK while it is not registered.

    Raises:
        StoreError: the store cannot be opened.
    """

    def __init__(self, settings: WorkerSettings) -> None:
        self._gave_up = False
        super().__init__(
            ws_url=settings.livekit_url,
            api_key=settings.livekit_api_key,
            api_secret=settings.livekit_api_secret.get_secret_value(),
            host=settings.agent_http_host,
            port=settings.agent_http_port,
            drain_timeout=int(settings.drain_timeout_s),
            # Ten starts in the same second are ten greetings, however busy the CPU is for that
            # second: the load never refuses one, the count in `_accept` does. LiveKit Cloud
            # ignores both of these and scales by CPU.
            load_fnc=lambda _: self._load(),
            load_threshold=float("inf"),
            # A warm process for each: on two cores ten starts have a greeter after 0.6 s, with four
            # warm ones the last waits 2.6 s. One costs about 30 MB.
            num_idle_processes=ServerEnvOption(
                dev_default=1, prod_default=min(settings.max_jobs, _WARM_MAX)
            ),
            setup_fnc=prewarm,
            preload_modules=["agent.job"],
        )
        self._store = open_store(settings)
        self._courier = Courier(self._store, settings)
        self._retention = Retention(settings, self._store)
        self._stopped = asyncio.Event()
        self._stopped.set()
        self._max_jobs = settings.max_jobs
        self._starting: set[str] = set()
        self.failure: Exception | None = None
        """Why it stopped serving; None while all is well."""
        self.rtc_session(
            greet,
            agent_name=settings.livekit_agent_name,
            on_request=self._accept,
            on_session_end=say_goodbye,
        )

    async def _accept(self, request: JobRequest) -> None:
        """Take the job, or leave it to another worker."""
        taken = {job.job.id for job in self.active_jobs} | self._starting
        if len(taken) >= self._max_jobs:
            logger.warning(
                "MAX_JOBS greetings are running, leaving this one to another worker",
                extra={"job_id": request.id, "max_jobs": self._max_jobs},
            )
            await request.reject(terminate=False)
            return
        self._starting.add(request.id)
        try:
            await request.accept(attributes={ATTRIBUTE_GREETER: "1"})
        finally:
            self._starting.discard(request.id)

    def _load(self) -> float:
        """What LiveKit spreads jobs by: the share of MAX_JOBS in use, well under its own limit.

        livekit-server by itself passes over a worker whose load is above 0.7 (its target load, in
        pkg/service/agentservice.go), and the dispatch is lost; the default load is the CPU's.
        """
        return _FULL_LOAD * len(self.active_jobs) / self._max_jobs

    async def run(self, *, devmode: bool = False, unregistered: bool = False) -> None:
        """Serve until stopped; what ends it otherwise is kept in `failure`."""
        keep_logs_safe()
        self._stopped.clear()
        try:
            # Jobs still running in a drain, and what they leave behind, are delivered too.
            async with self._courier, self._retention:
                await super().run(devmode=devmode, unregistered=unregistered)
        except Exception as e:
            self.failure = e
            raise
        finally:
            with contextlib.suppress(StoreError):
                await self._store.aclose()
            self._stopped.set()

    async def aclose(self) -> None:
        """Stop, once the last outcomes are sent: LiveKit's CLI then cancels whatever still runs."""
        await super().aclose()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), _LAST_S)

    # The health page reads this flag; not being registered is not being ready. It is private to
    # AgentServer: tests/integration/test_worker.py fails when the lock moves from under it.
    @property
    def _connection_failed(self) -> bool:
        return self._gave_up or self._connecting or self.id == "unregistered"

    @_connection_failed.setter
    def _connection_failed(self, value: bool) -> None:
        self._gave_up = value


def prewarm(process: JobProcess) -> None:
    """Before a job comes: logs safe, settings read, Gemini's clients made, scripts parsed."""
    keep_logs_safe()
    settings = WorkerSettings.from_env(os.environ)
    process.userdata["settings"] = settings
    process.userdata["llm"] = build_llm(settings)
    if settings.fallback_voice:
        build_tts(settings, settings.fallback_voice)  # what it keeps is there when a job comes
    script_for(JobMetadata())
