"""`make test`: installs what a new machine lacks, then runs every check.

`--only STEP` runs one step. All further arguments go to pytest. The summary at the end lists every
step with its result and seconds, what failed, and what could not run because something is missing.
The exit code is 0 only if everything ran and passed.
"""

from __future__ import annotations

import argparse
import sys

from tests.runner.prerequisites import install_missing
from tests.runner.steps import GROUPS, plan
from tests.runner.summary import run_steps


def main() -> int:
    """Run the checks: 0 all passed, 1 something failed or could not run, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests", description=__doc__)
    parser.add_argument("--only", choices=GROUPS, help="run one group of steps")
    parser.add_argument(
        "--processes",
        type=int,
        metavar="N",
        help="how many pytest processes run side by side; two more than cores by default",
    )
    options, pytest_arguments = parser.parse_known_args()
    try:
        missing = install_missing(options.only)
        steps = plan(options.only, set(missing), options.processes, pytest_arguments)
        return run_steps(steps, missing)
    except KeyboardInterrupt:
        print("\ntests: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
