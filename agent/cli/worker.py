"""`python -m agent start | dev`: run the worker. `download-files`: prepare an image for it."""

from __future__ import annotations

import argparse
import errno
import logging
import os
import socket
from collections.abc import Sequence

from agent.core.errors import StartupError
from agent.core.settings import LogSettings, WorkerSettings
from agent.telemetry.log_format import set_up_logs
from agent.telemetry.metric_files import shared_metric_files


def start(arguments: Sequence[str]) -> int:
    """Run the worker in production: JSON logs, and running greetings may end after SIGTERM."""
    return _run(arguments, dev=False)


def dev(arguments: Sequence[str]) -> int:
    """Run the worker for development: debug logs, and it stops at once."""
    return _run(arguments, dev=True)


def download_files(arguments: Sequence[str]) -> int:
    """Download the files that the plugins need at run time, as `livekit.agents` does."""
    parser = argparse.ArgumentParser(
        prog="python -m agent download-files",
        description="Download the model files of all installed LiveKit plugins, as the Dockerfile "
        "does when it builds the image.",
    )
    parser.parse_args(arguments)
    from livekit.agents.__main__ import main

    return main(["download-files"])


def _run(arguments: Sequence[str], *, dev: bool) -> int:
    options = _parser(dev=dev).parse_args(arguments)
    settings = WorkerSettings.from_env(os.environ)
    log_level = options.log_level or livekit_log_level(settings, dev=dev)
    set_up_logs(settings)
    # Before LiveKit is imported: at import, prometheus_client decides whether it shares its files.
    with shared_metric_files(settings.agent_metrics_port is not None):
        return _serve(settings, log_level=log_level, dev=dev)


def _parser(*, dev: bool) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m agent {'dev' if dev else 'start'}",
        description="Run the worker: it registers with LiveKit and greets trainees. "
        + (
            "For development: it logs at level DEBUG and does not wait for running greetings when "
            "it stops."
            if dev
            else "After SIGTERM it accepts no new greetings, and waits up to DRAIN_TIMEOUT_S for "
            "those that run."
        ),
        epilog="All settings come from the environment or .env: see .env.example.",
    )
    parser.add_argument(
        "--log-level",
        type=_log_level,  # of the default, too
        default=os.environ.get("LIVEKIT_LOG_LEVEL") or None,
        help="level of livekit-agents' own log messages (default: "
        + ("DEBUG)" if dev else "LOG_LEVEL, but INFO instead of DEBUG)"),
    )
    return parser


def livekit_log_level(settings: LogSettings, *, dev: bool) -> str:
    """Return the level of livekit-agents' own messages, unless an option sets it."""
    if dev:
        return "DEBUG"
    return "INFO" if settings.log_level == "DEBUG" else settings.log_level


def _log_level(text: str) -> str:
    if text.upper() in logging.getLevelNamesMapping():
        return text.upper()
    raise argparse.ArgumentTypeError(f"{text} is not DEBUG, INFO, WARNING or ERROR")


def explain_listen_error(error: OSError, settings: WorkerSettings) -> str:
    """Say which setting to change if the worker cannot listen."""
    # asyncio of Python 3.13 gives no number if the address is not available.
    not_here = error.errno in (errno.EADDRNOTAVAIL, None)
    if isinstance(error, socket.gaierror) or not_here:
        return (
            f"AGENT_HTTP_HOST ({settings.agent_http_host}) is not an address of this machine: set "
            "it to 0.0.0.0, or to :: for IPv6, without brackets"
        )
    name, port = "AGENT_HTTP_PORT", settings.agent_http_port
    if f", {settings.agent_metrics_port})" in str(error):
        name, port = "AGENT_METRICS_PORT", settings.agent_metrics_port or 0
    if error.errno == errno.EACCES:
        return f"this user may not listen on port {port}: set {name} to 1024 or more"
    return f"port {port} is in use ({error.strerror}): set {name} to a free port"


def _serve(settings: WorkerSettings, *, log_level: str, dev: bool) -> int:
    from agent.core.livekit_internals.worker import load_tls_certificates, run_agent_server
    from agent.worker.loop_monitor import switch_off_by_default
    from agent.worker.preflight import check_before_start
    from agent.worker.server import GreetingServer

    check_before_start(settings)
    switch_off_by_default()
    load_tls_certificates()  # in the event loop, it would be reported as blocked
    server = GreetingServer(settings)
    run_agent_server(server, log_level=log_level, dev=dev)
    if isinstance(server.failure, OSError):
        raise StartupError(explain_listen_error(server.failure, settings))
    if server.failure is not None:
        raise StartupError(
            f"the worker lost its connection to LiveKit: {server.failure}; check LIVEKIT_URL and "
            "that LiveKit runs, then start the worker again"
        )
    return 0
