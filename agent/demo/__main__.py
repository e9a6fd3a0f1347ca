"""`make demo`: the whole product on this machine, without keys; `--real`: with the keys in .env."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

from agent.core.errors import ConfigError
from agent.demo.go_tool import cache_dir
from agent.demo.processes import ChildFailed
from agent.demo.stage import Stage, stage
from agent.demo.tools import MissingTool


def main() -> int:
    """Run until Ctrl-C: 0 ended as asked, 1 something could not run, 2 misconfigured."""
    parser = argparse.ArgumentParser(prog="python -m agent.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="of the page; a free one by default")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="F",
        help="make a provider fail, like bey:never-joins or llm:hang; `list` names them all",
    )
    parser.add_argument("--real", action="store_true", help="the real providers, keys from .env")
    options = parser.parse_args()
    if "list" in options.fault:
        from agent.demo.providers.faults import describe_faults

        print(describe_faults())
        return 0
    try:
        asyncio.run(_show(options))
    except (MissingTool, ChildFailed) as e:
        print(f"demo: {e}", file=sys.stderr)
        return 1
    except ConfigError as e:
        print(f"demo: {e}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        pass
    print("demo: everything has ended", flush=True)
    return 0


async def _show(options: argparse.Namespace) -> None:
    logs = cache_dir() / "logs" / str(os.getpid())
    logs.mkdir(parents=True, exist_ok=True)
    async with contextlib.AsyncExitStack() as stack:
        stopped = _until_told_to_stop()
        opening = asyncio.create_task(
            stack.enter_async_context(
                stage(logs, say=_say, port=options.port, faults=options.fault, real=options.real)
            )
        )
        await _first_of(opening, stopped)
        if not opening.done():
            print("\ndemo: stopping", flush=True)
            opening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await opening
            return
        here: Stage = await opening
        _invite(here, logs)
        failed = asyncio.create_task(here.child_ended())
        await _first_of(failed, stopped)
        if failed.done():
            raise ChildFailed(failed.result())
        failed.cancel()
        print("\ndemo: stopping", flush=True)


async def _first_of(*futures: asyncio.Future[Any]) -> None:
    await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)


def _invite(here: Stage, logs: Path) -> None:
    print(f"\n  Open {here.url} in a browser and register.\n")
    if here.stand_ins is None:
        print(
            f"  Your worker answers to {here.agent_name!r} alone (LIVEKIT_AGENT_NAME): nobody\n"
            "  else's trainee is sent to this machine.\n"
            if here.agent_name
            else "  LIVEKIT_AGENT_NAME is empty: every new room of this project may be sent here.\n"
        )
    if not here.recognises_speech:
        print("  This machine cannot recognise speech: type to your guide instead.\n")
    print(f"  The endpoint's API: {here.endpoint_url}/openapi.json")
    print(f"  Logs: {logs}\n  Ctrl-C ends it all.", flush=True)


def _until_told_to_stop() -> asyncio.Future[None]:
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[None] = loop.create_future()

    def stop() -> None:
        if not stopped.done():
            stopped.set_result(None)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # the last: its terminal was closed
        with contextlib.suppress(NotImplementedError, AttributeError):  # Windows has its own ways
            loop.add_signal_handler(getattr(signal, name), stop)
    return stopped


def _say(what: str) -> None:
    print(f"demo: {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
