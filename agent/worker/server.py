"""The worker: one long-running process that LiveKit dispatches greetings to."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Final

from aiohttp import web
from livekit import api
from livekit.agents import JobProcess, JobRequest
from livekit.agents.worker import ServerEnvOption
from livekit.protocol.agent import Job

from agent.core.errors import LiveKitError, StoreError
from agent.core.exit_codes import read_exit_codes_once
from agent.core.job_metadata import PROBE_ROOM_PREFIX, session_id_of
from agent.core.livekit_internals.native import start_native_library
from agent.core.livekit_internals.worker import ObservableAgentServer
from agent.core.log import install_log_filter, logger
from agent.core.settings import WorkerSettings
from agent.core.tasks import TaskSet
from agent.outcomes.delivery import OutcomeDelivery
from agent.recording.retention import Retention
from agent.room.contract import ATTRIBUTE_AGENT
from agent.room.room_api import RoomApi
from agent.scripts import PROMPTS, load_library
from agent.store import JOB_START_S, accepted_lease, open_store
from agent.telemetry.log_format import set_up_logs
from agent.telemetry.metric_files import use_new_files
from agent.telemetry.metrics import JOBS, JOBS_REFUSED, WORKER_DRAINING, WORKER_REGISTERED
from agent.telemetry.shared_metrics import SCRIPT_FILES_UNUSABLE
from agent.telemetry.tracing import build_tracer_provider
from agent.worker.job import end_job, greet
from agent.worker.job_log import log_provider_errors_once
from agent.worker.loop_monitor import watch_event_loop
from agent.worker.orphans import end_after_worker
from agent.worker.shared import shared
from agent.worker.warm_processes import WarmProcesses

_FULL_LOAD: Final = 0.5
"""The load reported when MAX_JOBS jobs run. livekit-server passes over a worker with a load above
0.7 (pkg/service/agentservice.go) and the dispatch is lost."""
_IDLE_PROCESSES_MAX: Final = 16
"""A larger burst starts its other processes as the jobs come."""
_INITIALIZE_S: Final = 30.0
"""Longest time for a new process to be ready. livekit-agents waits 2 s longer for all of them
before the worker registers; on a busy machine that is more than its default of 10 s."""
_SHUTDOWN_S: Final = 8.0
"""Longest wait for outcome delivery and the store once LiveKit's part has stopped."""
_WORKERS: Final = "workers"
"""The holder of every lease of an accepted job. All workers use the same one, so that the next job
of a session can renew the lease."""


class GreetingServer(ObservableAgentServer):
    """LiveKit's agent server with our jobs, limits, health pages and outcome delivery."""

    def __init__(self, settings: WorkerSettings) -> None:
        """Set livekit-agents' options from the settings, and open the store.

        Raises:
            StoreError: the store cannot be opened.
        """
        self._settings = settings
        keep = min(settings.max_jobs, _IDLE_PROCESSES_MAX)
        super().__init__(
            ws_url=settings.livekit_url,
            api_key=settings.livekit_api_key,
            api_secret=settings.livekit_api_secret.get_secret_value(),
            host=settings.agent_http_host,
            port=settings.agent_http_port,
            prometheus_port=settings.agent_metrics_port,
            drain_timeout=int(settings.drain_timeout_s),
            # The load never refuses a job, because ten starts in one second are ten greetings,
            # however busy the CPU is in that second; `_on_request` counts jobs instead. LiveKit
            # Cloud ignores both options and scales by CPU.
            load_fnc=lambda _: self._report_load(),
            load_threshold=float("inf"),
            # One warm process per job, because all of MAX_JOBS may come in one second.
            num_idle_processes=ServerEnvOption(dev_default=1, prod_default=keep),
            initialize_process_timeout=_INITIALIZE_S,
            setup_fnc=prewarm,
            preload_modules=["agent.worker.preload"],
        )
        self.on("worker_started", use_new_files)
        self._warm = WarmProcesses(self, max_jobs=settings.max_jobs, keep=keep)
        self._background = TaskSet()
        self.on("worker_started", self._keep_warm)
        self._store = open_store(settings)
        self._delivery = OutcomeDelivery(self._store, settings)
        self._retention = Retention(settings, self._store)
        self._stopped = asyncio.Event()
        self._stopped.set()
        self._accepting: set[str] = set()
        self.failure: Exception | None = None
        """Why the worker stopped serving; None if it did not fail."""
        self.rtc_session(
            greet,
            agent_name=settings.livekit_agent_name,
            on_request=self._on_request,
            on_session_end=end_job,
        )

    async def run(self, *, devmode: bool = False, unregistered: bool = False) -> None:
        """Serve until stopped; an error is kept in `failure`, and livekit-agents logs it.

        It does not log that a port cannot be used, which the command explains.
        """
        set_up_logs(self._settings)  # replaces the handler that LiveKit's CLI has installed
        watch_event_loop("worker")
        read_exit_codes_once()
        self._stopped.clear()
        try:
            # Outcomes of jobs that still run while draining are delivered too.
            async with self._delivery, self._retention:
                await super().run(devmode=devmode, unregistered=unregistered)
        except Exception as e:
            self.failure = e
            if not isinstance(e, OSError):
                raise
        finally:
            self._background.cancel()
            with contextlib.suppress(StoreError):
                await self._store.aclose()
            self._stopped.set()

    def _keep_warm(self) -> None:
        self._background.start(self._warm.run(), name="warm_processes")

    async def aclose(self) -> None:
        """Stop; wait for the last deliveries, because LiveKit's CLI then cancels what still
        runs."""
        await super().aclose()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), _SHUTDOWN_S)

    def add_health_pages(self, app: web.Application) -> None:
        """Add `/healthz` and `/readyz` to AGENT_HTTP_PORT, beside livekit-agents' own `/`."""
        app.add_routes([web.get("/healthz", _healthz), web.get("/readyz", self._readyz)])

    async def _readyz(self, _: web.Request) -> web.Response:
        """The worker is ready if it is registered with LiveKit and not draining."""
        ready = self.registered and not self.draining
        return web.json_response(
            {"ready": ready, "registered": self.registered, "draining": self.draining},
            status=200 if ready else 503,
        )

    async def on_job_died(self, job: Job, agent_identity: str, livekit: api.LiveKitAPI) -> None:
        """Let the dispatch supervisor dispatch another agent, and remove the dead one's avatar."""
        session_id = session_id_of(job.room.name)
        ids = {
            "session_id": session_id,
            "room": job.room.name,
            "job_id": job.id,
        }
        logger.error(
            "a job's process died; removing its avatar so that another agent can join. See the "
            "log lines before this one for the cause, for example memory",
            extra={"event": "job_died", **ids},
        )
        with contextlib.suppress(StoreError):  # then the supervisor waits for JOB_START_S
            await self._store.release_lease(accepted_lease(session_id), _WORKERS)
        try:
            await RoomApi(job.room.name, livekit).remove_agent(agent_identity)
        except LiveKitError as e:
            logger.warning(
                "could not clean up after the dead job; the endpoint's reaper will",
                extra={"event": "job_clean_up_failed", "error": str(e), **ids},
            )

    async def _on_request(self, request: JobRequest) -> None:
        """Accept the job, or leave it to another worker if MAX_JOBS jobs are running."""
        if request.room.name.startswith(PROBE_ROOM_PREFIX):
            # From `doctor`, which only looks at who answers.
            await request.reject(terminate=True)
            return
        taken = {job.job.id for job in self.active_jobs} | self._accepting
        if len(taken) >= self._settings.max_jobs:
            JOBS_REFUSED.inc()
            logger.warning(
                "MAX_JOBS greetings are running; rejecting this job, another worker can take it. "
                "If this repeats, add workers",
                extra={
                    "event": "job_refused",
                    "job_id": request.id,
                    "max_jobs": self._settings.max_jobs,
                },
            )
            await request.reject(terminate=False)
            return
        self._accepting.add(request.id)
        self._background.start(self._tell_accepted(request), name="tell_accepted")
        self._warm.expect_job()
        try:
            await request.accept(attributes={ATTRIBUTE_AGENT: "1"})
        finally:
            self._accepting.discard(request.id)

    async def _tell_accepted(self, request: JobRequest) -> None:
        """Tell the dispatch supervisor, which then waits for the job."""
        lease = accepted_lease(session_id_of(request.room.name))
        with contextlib.suppress(StoreError):  # then another agent may be dispatched; it leaves
            await self._store.hold_lease(lease, _WORKERS, JOB_START_S)

    def _report_load(self) -> float:
        """The share of MAX_JOBS in use, by which LiveKit distributes jobs."""
        running, limit = len(self.active_jobs), self._settings.max_jobs
        WORKER_REGISTERED.set(self.registered)
        WORKER_DRAINING.set(self.draining)
        JOBS.labels("running").set(running)
        JOBS.labels("free").set(0 if self.draining else max(limit - running, 0))
        return _FULL_LOAD * running / limit


async def _healthz(_: web.Request) -> web.Response:
    """A process that responds is healthy, also while draining or without LiveKit."""
    return web.json_response({"status": "ok"})


def prewarm(process: JobProcess) -> None:
    """Prepare a process before its job comes; see `agent.worker.shared`."""
    end_after_worker()
    settings, llm = shared().settings, shared().llm
    start_native_library()
    for handler in logging.getLogger().handlers:
        handler.addFilter(log_provider_errors_once)  # first: the next filter keeps tracebacks
    install_log_filter(settings.secrets(), only_counts=settings.only_counts)
    process.userdata["settings"] = settings
    process.userdata["tracing"] = build_tracer_provider(settings)
    process.userdata["llm"] = llm
    # Without those that cannot be filled, which the endpoint counts: a start must be quick.
    SCRIPT_FILES_UNUSABLE.set(len({finding.path for finding in load_library(PROMPTS).broken}))
