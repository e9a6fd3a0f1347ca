"""`python -m agent prompts`: tools for writers of scripts, without keys and network.

Each module is one tool: `add_to` declares its arguments, and its function returns the exit code.
All tools take `--prompts`.
Only `rehearse` and the voices of `preview` load livekit-agents, when they run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from agent.cli.prompts import check, listing, new, preview, rehearse, render, schema, translation
from agent.core.errors import ScriptError
from agent.scripts import PROMPTS

_TOOLS = (listing, check, render, preview, rehearse, new, translation, schema)


def main(arguments: Sequence[str]) -> int:
    """Run one tool.

    Returns:
        0, or 1 if there are errors or no script can be used.
    """
    parser = argparse.ArgumentParser(
        prog="python -m agent prompts",
        description="Tools for writers of scripts. They need no keys and no network.",
    )
    tools = parser.add_subparsers(required=True, metavar="TOOL", title="tools")
    for tool in _TOOLS:
        tool.add_to(tools)
    for each in tools.choices.values():
        each.add_argument("--prompts", type=Path, default=PROMPTS, help="another folder of scripts")
    options = parser.parse_args(arguments)
    try:
        code: int = options.run(options)
        return code
    except ScriptError as e:
        print(e, file=sys.stderr)
    except OSError as e:
        if e.filename is None:  # the pipe that reads the output is closed
            raise
        print(f"{e.filename} cannot be read or written: {e.strerror}", file=sys.stderr)
    return 1
