"""Run the whole product on this machine, with simulated providers or with your own keys."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from agent.core.errors import ConfigError
from agent.core.options import port
from agent.demo.processes import DemoError, cache_dir, cancel_at_signals
from agent.demo.providers.faults import describe_faults
from agent.demo.stage import Stage, stage

_FOR_BACKENDS = (
    "ENDPOINT_URL",
    "PLATFORM_API_KEY",
    "PLATFORM_JWT_SECRET",
    "OUTCOME_WEBHOOK_SECRET",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until Ctrl-C; returns 0, 1 if something could not run, or 2 if misconfigured."""
    parser = argparse.ArgumentParser(prog="python -m agent.demo", description=__doc__)
    add = parser.add_argument
    add("--port", type=port, default=0, help="port of the page (default: a free one)")
    add(
        "--fault",
        action="append",
        default=[],
        metavar="F",
        help="make a provider fail, for example bey:never-joins (repeatable); `list` shows all",
    )
    add(
        "--origin",
        action="append",
        default=[],
        type=_origin,
        metavar="URL",
        help="let your own page at this URL, for example http://localhost:5173, call the token "
        "endpoint and show it in an iframe, and print the keys for its backend (repeatable)",
    )
    add(
        "--webhook",
        type=_webhook,
        metavar="URL",
        help="send outcomes to your own platform at this URL, and print the keys for its backend",
    )
    add("--real", action="store_true", help="use the real providers, with the keys in .env")
    options = parser.parse_args(arguments)
    if "list" in options.fault:
        print(describe_faults())
        return 0
    try:
        asyncio.run(_show(options))
    except (DemoError, ConfigError) as e:
        print(f"demo: {e}", file=sys.stderr)
        return 2 if isinstance(e, ConfigError) else 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        pass
    print("demo: stopped", flush=True)
    return 0


def _origin(text: str) -> str:
    if not re.fullmatch(r"https?://[^/\s]+/?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not like http://localhost:5173")
    return text.rstrip("/")


def _webhook(text: str) -> str:
    if not re.fullmatch(r"https?://\S+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not like http://localhost:8000/outcomes/")
    return text


async def _show(options: argparse.Namespace) -> None:
    logs = cache_dir() / "logs" / str(os.getpid())
    logs.mkdir(parents=True, exist_ok=True)
    cancel_at_signals(lambda: _say("stopping"))
    async with stage(
        logs,
        say=_say,
        port=options.port,
        faults=options.fault,
        origins=options.origin,
        real=options.real,
        extra={"OUTCOME_WEBHOOK_URL": options.webhook} if options.webhook else None,
    ) as here:
        _print_address(here, logs, options.origin, options.webhook)
        raise DemoError(await here.child_ended())


def _print_address(here: Stage, logs: Path, origins: list[str], webhook: str | None) -> None:
    print(f"\n  Open {here.url} in a browser and register.\n")
    if here.stand_ins is None and here.agent_name:
        print(f"  Your worker takes only jobs for {here.agent_name!r} (LIVEKIT_AGENT_NAME).\n")
    elif here.stand_ins is None:
        print("  LIVEKIT_AGENT_NAME is empty: your worker may get any new room of the project.\n")
    if here.stand_ins and not here.stand_ins.recognises_speech:
        print("  This machine cannot recognise speech. Type your messages instead.\n")
    if origins:
        print(f"  {' and '.join(origins)} may use {here.endpoint_url}.\n")
    if webhook:
        print(f"  Outcomes are sent to {webhook}.\n")
    if origins or webhook:
        print("  For your backend:\n")
        for name in _FOR_BACKENDS:
            print(f"    {name}={here.environment[name]}")
        print()
    else:
        print("  To use it from your own page or backend, add --origin or --webhook (--help).")
    print(f"  API of the token endpoint: {here.endpoint_url}/openapi.json")
    print(f"  Logs: {logs}\n  Press Ctrl-C to stop.", flush=True)


def _say(what: str) -> None:
    print(f"demo: {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
