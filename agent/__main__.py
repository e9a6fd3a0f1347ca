"""`python -m agent COMMAND`: read `.env`, and run one command of `agent.cli`."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.core.errors import ConfigError, TrainingGreeterError
from agent.core.settings import load_env_file

_DOCTOR = "agent.cli.doctor.command"


@dataclass(frozen=True)
class Command:
    """One command; its module is imported when it runs, since most commands need no LiveKit."""

    help: str
    module: str
    function: str = "main"
    """Takes the arguments after the command's name, and returns the exit code."""

    def run(self, arguments: Sequence[str]) -> int:
        function: Callable[[Sequence[str]], int]
        function = getattr(importlib.import_module(self.module), self.function)
        return function(arguments)


COMMANDS = {
    "start": Command("run the worker in production", "agent.cli.worker", "start"),
    "dev": Command("run the worker for development", "agent.cli.worker", "dev"),
    "console": Command("talk with the agent in this terminal", "agent.cli.console"),
    "prompts": Command("tools for writers of scripts", "agent.cli.prompts"),
    "doctor": Command("check settings and services, and say what to fix", _DOCTOR),
    "outcome": Command("print the outcomes of a session", "agent.cli.outcomes", "print_outcomes"),
    "bill": Command("compare the avatar ledger with Beyond Presence", "agent.cli.bill"),
    "counts": Command("print counts over all greetings", "agent.cli.outcomes", "print_counts"),
    "forget": Command("delete everything stored about a session", "agent.cli.outcomes", "forget"),
    "timeline": Command("show how long each step of the start took", "agent.cli.timeline"),
    "download-files": Command(
        "download the model files of the plugins", "agent.cli.worker", "download_files"
    ),
}


def main(arguments: Sequence[str]) -> int:
    """Run one command.

    Returns:
        0 for success, 1 for a failure, 2 for unusable settings or arguments.
    """
    parser = _parser()
    if not arguments:
        parser.print_help()
        return 0
    name = parser.parse_args(arguments[:1]).command
    command = COMMANDS[name]
    # Keep personal data out of traces, whatever collector is configured.
    os.environ["LIVEKIT_TELEMETRY_ALLOW_PII"] = "0"
    try:
        if command.module != _DOCTOR:  # it reads .env itself, because .env may be what is wrong
            load_env_file()
        return command.run(arguments[1:])
    except ConfigError as e:
        print(f"python -m agent {name}: {e}", file=sys.stderr)
        return 2
    except TrainingGreeterError as e:
        print(f"python -m agent {name}: {e}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS))
    commands = "\n".join(f"  {name:<{width}}  {c.help}" for name, c in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="python -m agent",
        usage="python -m agent COMMAND ...\n       python -m agent COMMAND --help",
        description=f"Greet trainees with a video avatar: the worker and its tools.\n\n"
        f"commands:\n{commands}",
        epilog="Settings come from the environment or .env. The token endpoint is a separate\n"
        "program: python -m agent.token_endpoint",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", metavar="COMMAND", choices=COMMANDS, help=argparse.SUPPRESS)
    return parser


def _run_in_pipe() -> int:
    """Exit with 0 if the reader of our output closes it early, as in `… | head`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # not every terminal can show every character
    try:
        code = main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


if __name__ == "__main__":
    sys.exit(_run_in_pipe())
