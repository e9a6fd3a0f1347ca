"""The worker process: its command line, its server, and its TLS context."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from livekit import api
from livekit.agents import AgentServer
from livekit.agents.cli import cli, proto
from livekit.agents.ipc.job_executor import JobExecutor, JobStatus
from livekit.agents.utils import http_context
from livekit.agents.utils.http_server import HttpServer
from livekit.protocol.agent import Job


def load_tls_certificates() -> None:
    """Build the TLS context of livekit-agents' HTTP session, which takes 10 to 20 ms.

    It is cached for the process and its forks; there is no public function that builds it early.
    """
    http_context._create_ssl_context()


def run_agent_server(server: AgentServer, *, log_level: str, dev: bool) -> None:
    """Run the server until SIGTERM or Ctrl-C, as `python -m livekit.agents start` does.

    The public `cli.run_app` is deprecated and logs so; there is no other public function
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-agents/livekit/agents/__main__.py).
    """
    cli._run_worker(server, proto.CliArgs(log_level=log_level, dev=dev))


class ObservableAgentServer(AgentServer):
    """LiveKit's AgentServer with hooks for health pages and for jobs that died.

    As released, it exits with code 0 when LiveKit has closed the worker's connection. It reports
    healthy while it is not registered. It does not report that a job's process has died.
    """

    def __init__(self, **options: Any) -> None:
        self._gave_up = False
        self._health_server: HttpServer | None = None
        super().__init__(**options)

    @property
    def registered(self) -> bool:
        """True while LiveKit can dispatch jobs to this worker."""
        return not self._connection_failed

    @property
    def idle_processes(self) -> int:
        """Job processes that are ready or starting; the worker must have started."""
        return sum(process.running_job is None for process in self._proc_pool.processes)

    def keep_idle_processes(self, count: int) -> None:
        """Keep `count` job processes ready, `num_idle_processes` at most.

        AgentServer changes this number by CPU load, and has no option to set it.
        """
        self._proc_pool.set_target_idle_processes(count)

    def add_health_pages(self, app: web.Application) -> None:
        """Add routes to the health server; called before it starts."""

    async def on_job_died(self, job: Job, agent_identity: str, livekit: api.LiveKitAPI) -> None:
        """Clean up after a job whose process died; LiveKit shows its participant for another 20
        s."""

    async def _update_job_status(self, proc: JobExecutor) -> None:
        await super()._update_job_status(proc)
        if proc.running_job is not None and proc.status is JobStatus.FAILED:
            assert self._api is not None
            identity = proc.running_job.accept_arguments.identity
            await self.on_job_died(proc.running_job.job, identity, self._api)

    # AgentServer's health page reads this flag.
    @property
    def _connection_failed(self) -> bool:
        return self._gave_up or self._connecting or self.id == "unregistered"

    @_connection_failed.setter
    def _connection_failed(self, value: bool) -> None:
        self._gave_up = value

    # AgentServer creates its health server in `run` and starts it there.
    @property
    def _http_server(self) -> HttpServer | None:
        return self._health_server

    @_http_server.setter
    def _http_server(self, value: HttpServer | None) -> None:
        self._health_server = value
        if value is not None:
            self.add_health_pages(value.app)
