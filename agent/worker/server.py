"""The worker: one long-running process that LiveKit dispatches greetings to."""

from __future__ import annotations

import asyncio
import contextlib
import os

from livekit.agents import AgentServer, JobProcess, JobRequest
from livekit.agents.ipc.job_executor import JobExecutor, JobStatus
from livekit.agents.utils.http_server import HttpServer
from livekit.agents.worker import ServerEnvOption

from agent.core.errors import LiveKitError, StoreError
from agent.core.job_metadata import PROBE_ROOM_PREFIX, JobMetadata, session_id_of
from agent.core.log import install_log_filter, logger
from agent.core.settings import WorkerSettings
from agent.outcomes.delivery import OutcomeDelivery
from agent.recording.retention import Retention
from agent.room.contract import ATTRIBUTE_GREETER
from agent.room.room_api import RoomApi
from agent.scripts import script_for
from agent.speech.providers import build_llm, build_tts
from agent.store import open_store
from agent.telemetry.log_format import set_up_logs
from agent.telemetry.metric_files import use_new_files
from agent.telemetry.metrics import JOBS, JOBS_REFUSED
from agent.telemetry.tracing import build_tracer_provider
from agent.worker.health import add_health_pages
from agent.worker.job import greet, say_goodbye

_FULL_LOAD = 0.5

_WARM_MAX = 16
"""A burst larger than this starts the rest as it comes."""
_LAST_S = 8.0
"""Longest wait for the courier and the store once LiveKit's part has stopped."""


class GreetingServer(AgentServer):
    """LiveKit's server of jobs, which also remembers that it failed, and delivers outcomes.

    As released (1.8.9) it exits with code 0 when LiveKit has given it up, and its health page says
    OK while it is not registered.

    Raises:
        StoreError: the store cannot be opened.
    """

    def __init__(self, settings: WorkerSettings) -> None:
        self._gave_up = False
        self._settings = settings
        super().__init__(
            ws_url=settings.livekit_url,
            api_key=settings.livekit_api_key,
            api_secret=settings.livekit_api_secret.get_secret_value(),
            host=settings.agent_http_host,
            port=settings.agent_http_port,
            prometheus_port=settings.agent_metrics_port,
            log_level=settings.log_level,
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
            preload_modules=["agent.worker.job"],
        )
        self.on("worker_started", use_new_files)
        self._store = open_store(settings)
        self._courier = OutcomeDelivery(self._store, settings)
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
        if request.room.name.startswith(PROBE_ROOM_PREFIX):
            await request.reject(terminate=True)  # `doctor` sees who answered; there is no job
            return
        taken = {job.job.id for job in self.active_jobs} | self._starting
        if len(taken) >= self._max_jobs:
            JOBS_REFUSED.inc()
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

    async def _update_job_status(self, proc: JobExecutor) -> None:
        """LiveKit's own report; and where a job's process has died, nobody pays for its avatar.

        LiveKit shows the dead one for another 20 s, and counts its job as running. Private to
        AgentServer: tests/integration/test_reaper.py fails when the lock moves from under it.
        """
        await super()._update_job_status(proc)
        if proc.running_job is None or proc.status is not JobStatus.FAILED:
            return
        job, greeter = proc.running_job.job, proc.running_job.accept_arguments.identity
        about = {"session_id": session_id_of(job.room.name), "room": job.room.name}
        about["job_id"] = job.id
        logger.error(
            "a job died: its avatar is ended, and another greeter may come; look into the lines "
            "before for what killed it (memory?)",
            extra=about,
        )
        assert self._api is not None
        try:
            await RoomApi(job.room.name, self._api).remove_greeter(greeter)
        except LiveKitError as e:
            logger.warning("what it left is the endpoint's to end: %s", e, extra=about)

    def _load(self) -> float:
        """What LiveKit spreads jobs by: the share of MAX_JOBS in use, well under its own limit.

        livekit-server by itself passes over a worker whose load is above 0.7 (its target load, in
        pkg/service/agentservice.go), and the dispatch is lost; the default load is the CPU's.
        """
        running = len(self.active_jobs)
        JOBS.labels("running").set(running)
        JOBS.labels("free").set(max(self._max_jobs - running, 0))
        return _FULL_LOAD * running / self._max_jobs

    async def run(self, *, devmode: bool = False, unregistered: bool = False) -> None:
        """Serve until stopped; what ends it otherwise is kept in `failure`."""
        set_up_logs(self._settings)  # in place of the handler that LiveKit's CLI has made
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

    # Private to AgentServer as well, which makes its pages in `run` and starts them there.
    @property
    def _http_server(self) -> HttpServer | None:
        return self._pages

    @_http_server.setter
    def _http_server(self, value: HttpServer | None) -> None:
        self._pages = value
        if value is not None:
            add_health_pages(value.app, self)


def prewarm(process: JobProcess) -> None:
    """Before a job comes: logs safe, settings read, Gemini's clients made, scripts parsed."""
    settings = WorkerSettings.from_env(os.environ)
    install_log_filter(settings.secrets())
    process.userdata["settings"] = settings
    process.userdata["tracing"] = build_tracer_provider(settings)
    process.userdata["llm"] = build_llm(settings)
    if settings.fallback_voice:
        build_tts(settings, settings.fallback_voice)  # what it keeps is there when a job comes
    script_for(JobMetadata())
