"""`python -m agent` and a command: names them, no logic.

console | dev | start       talk in a terminal | the worker, for development | in production
prompts                     the writer's tools
outcome SESSION             prints what came of a session's greetings
forget SESSION              deletes all that is held of a session
doctor                      what is wrong with this set-up, and what to do about it
timeline SESSION            shows where the seconds of its start went
download-files              LiveKit's own
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

from dotenv import load_dotenv

from agent.cli import outcomes, prompts, timeline
from agent.core.errors import ConfigError, StartupError, TrainingGreeterError
from agent.core.settings import LlmSettings, VoiceSettings, WorkerSettings
from agent.telemetry.log_format import set_up_logs
from agent.telemetry.metric_files import shared_metrics

if TYPE_CHECKING:
    # LiveKit is imported where it is used: the writer's tools do without.
    from livekit.agents import AgentServer


_FROM_ENVIRONMENT = {"--url", "--api-key", "--api-secret"}
"""LiveKit's flags for what jobs read from the environment: a half-set worker helps nobody."""


def main() -> int:
    """Run one command: 0 ended as asked, 1 could not go on, 2 misconfigured."""
    if sys.argv[1:2] == ["doctor"]:
        # It reads .env itself, because .env may be what is wrong.
        from agent.cli.doctor import command as doctor

        return doctor.exit_now(doctor.main(sys.argv[2:]))
    load_dotenv(".env", override=False)
    # Whatever collector is set: personal data leaves this machine in no trace.
    os.environ["LIVEKIT_TELEMETRY_ALLOW_PII"] = "0"
    command = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if command == "prompts":
        return prompts.main(sys.argv[2:])
    if command in outcomes.COMMANDS:
        return outcomes.main(sys.argv[1:])
    if command == timeline.COMMAND:
        return timeline.main(sys.argv[2:])
    try:
        if command in {"start", "dev"} and "--help" not in sys.argv:
            return _work()
        if command == "console":
            return _console(text="--text" in sys.argv)
        return _livekit_cli(None)
    except ConfigError as e:
        print(f"python -m agent {command}: {e}", file=sys.stderr)
        return 2
    except TrainingGreeterError as e:
        print(f"python -m agent {command}: {e}", file=sys.stderr)
        return 1


def _work() -> int:
    if wrong := _FROM_ENVIRONMENT.intersection(word.split("=")[0] for word in sys.argv):
        raise ConfigError(f"{', '.join(sorted(wrong))}: set it in the environment or .env instead")
    settings = WorkerSettings.from_env(os.environ)
    set_up_logs(settings)
    # Before LiveKit is imported: the metrics' library decides at its import whether it shares.
    with shared_metrics(settings.agent_metrics_port is not None):
        return _serve(settings)


def _serve(settings: WorkerSettings) -> int:
    from agent.worker.preflight import (
        wait_for_livekit,
        warn_of_ephemeral_disk,
        warn_of_unreachable_url,
    )
    from agent.worker.server import GreetingServer

    asyncio.run(wait_for_livekit(settings, settings.startup_timeout_s))
    warn_of_unreachable_url(settings)
    warn_of_ephemeral_disk(settings, os.environ)
    server = GreetingServer(settings)
    code = _livekit_cli(server)
    if isinstance(server.failure, OSError):
        name, port = "AGENT_HTTP_PORT", settings.agent_http_port
        if f", {settings.agent_metrics_port})" in str(server.failure):
            name, port = "AGENT_METRICS_PORT", settings.agent_metrics_port or 0
        raise StartupError(
            f"port {port} is taken ({server.failure.strerror}): set {name} to another"
        )
    if server.failure is not None:
        raise StartupError(f"LiveKit gave this worker up: {server.failure}")
    return code


def _console(*, text: bool) -> int:
    from agent.cli.console import console_server, preview_options, talk_in_text

    if not text:
        VoiceSettings.from_env(os.environ)
        return _livekit_cli(console_server())
    options = preview_options(sys.argv[2:])
    try:
        asyncio.run(talk_in_text(LlmSettings.from_env(os.environ), options))
    except KeyboardInterrupt:
        print()
    return 0


def _livekit_cli(server: AgentServer | None) -> int:
    """LiveKit's own command line, on a server or on its own; it leaves by SystemExit."""
    from livekit.agents import AgentServer, cli

    import agent.worker.job  # noqa: F401  its plugins are the ones whose files are downloaded

    try:
        cli.run_app(server or AgentServer())
    except SystemExit as e:
        return e.code if isinstance(e.code, int) else int(e.code is not None)
    except OSError as e:
        if "PortAudio" in str(e):
            raise StartupError(
                "this machine has no PortAudio to hear and speak with: install libportaudio2, "
                "or type instead with --text"
            ) from None
        raise
    return 0


def _until_nobody_reads() -> int:
    """`… | head` has seen enough, and that is no failure."""
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


if __name__ == "__main__":
    sys.exit(_until_nobody_reads())
