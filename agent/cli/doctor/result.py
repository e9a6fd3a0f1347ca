"""Check results: the lines of the doctor's report, and what every check does with its settings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from agent.cli.doctor.configuration import Configuration
from agent.cli.doctor.http_client import NoResponse, Response


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    """It works, or the doctor cannot tell from here; an operator should look at it."""
    FAILED = "failed"
    """Trainees will notice."""
    SKIPPED = "skipped"
    """Not checked."""


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """What one check found out."""

    check: str
    """`part.aspect`: an id for programs, the same in every release."""
    level: Level
    what: str
    """The state found, or why the check was skipped; no secrets and no text from outside."""
    fix: str = ""
    """What the operator should do; empty if there is nothing to do."""


def ok(check: str, what: str) -> CheckResult:
    return CheckResult(check=check, level=Level.OK, what=what)


def warning(check: str, what: str, fix: str) -> CheckResult:
    return CheckResult(check=check, level=Level.WARNING, what=what, fix=fix)


def failed(check: str, what: str, fix: str) -> CheckResult:
    return CheckResult(check=check, level=Level.FAILED, what=what, fix=fix)


def skipped(check: str, why: str) -> CheckResult:
    return CheckResult(check=check, level=Level.SKIPPED, what=why)


def unexpected(
    check: str,
    provider: str,
    answer: Response | NoResponse,
    advice: Mapping[int, str],
    context: str = "",
) -> CheckResult:
    """Turn a response that is not the expected one into a result.

    Args:
        advice: what to do, by status; `agent.core.provider_advice` has the worker's.
        context: what was requested, to add to the advice.
    """
    after = f" ({context})" if context else ""
    status = answer.status
    if isinstance(answer, NoResponse) and status is None:
        return failed(check, f"{provider}: {answer.what}", answer.fix + after)
    assert status is not None
    fix = advice.get(status)
    if status == 429:
        fix = fix or "the rate limit is reached; try again later"
        return warning(check, f"{provider} answers 429", fix + after)
    if status >= 500:
        fix = "check the provider's status page, and try again later"
        return failed(check, f"{provider} has a problem (HTTP {status})", fix + after)
    if fix:
        return failed(check, f"{provider} answers {status}", fix + after)
    what = f"the server that answers is not {provider} (HTTP {status})"
    return failed(
        check, what, f"check the address in the settings, and any proxy on the way{after}"
    )


Results = Callable[..., AsyncIterator[CheckResult]]
"""Takes the configuration, and what else the check needs."""

_LIMIT_S = 12.0
"""For a check and the one that continues it; with the start of the interpreter, the command takes
less than 15 s."""


@dataclass(frozen=True)
class Check:
    """A check: its ids, and what follows if it cannot be completed.

    All are skipped if a setting that it needs is not usable. If a server does not respond, the time
    is up or the check itself fails, the next one has failed. After a problem with one of them,
    those without a result are skipped, also if the time is up.
    """

    ids: tuple[str, ...]
    """Of its results, in their order. It may have further ones that need not be mentioned."""
    results: Results
    needs: tuple[str, ...]
    """Settings."""
    address: str
    """The setting that has the address of the server."""
    hint: str
    """To add to the advice if the server does not respond."""
    limit_s: float | None
    """None for `_LIMIT_S`."""

    async def __call__(
        self, config: Configuration, *args: Any, began_at: float | None = None
    ) -> list[CheckResult]:
        """Return the results.

        Args:
            began_at: when the check that this one continues began, by the event loop's clock.
        """
        found: list[CheckResult] = []
        why, limit_s = config.lacks(*self.needs), self.limit_s or _LIMIT_S
        if began_at is None:
            began_at = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(began_at + limit_s):
                if not why:
                    async for result in self.results(config, *args):
                        found.append(result)
        except NoResponse as e:
            self._fail(found, f"{self.address}: {e.what}", f"{e.fix}{self.hint}")
        except TimeoutError:
            if not self._wrong(found):
                what = f"not finished within {limit_s:g} s"
                self._fail(found, what, "this machine or a server is slow: run doctor again")
        except Exception as e:  # noqa: BLE001  the process edge: still show the other results
            # Leave its text out: it may contain a token.
            what = f"could not be checked ({type(e).__name__})"
            self._fail(found, what, "please report this bug")
        if wrong := self._wrong(found):
            why = f"{wrong[-1]} is not ok: see above"
        return found + [skipped(check, why) for check in self._open(found) if why]

    def _wrong(self, found: list[CheckResult]) -> list[str]:
        return [r.check for r in found if r.check in self.ids and r.level is not Level.OK]

    def _open(self, found: list[CheckResult]) -> list[str]:
        return [check for check in self.ids if check not in {result.check for result in found}]

    def _fail(self, found: list[CheckResult], what: str, fix: str) -> None:
        found.append(failed([*self._open(found), self.ids[-1]][0], what, fix))


def reports(
    *ids: str,
    needs: tuple[str, ...] = (),
    address: str = "",
    hint: str = "",
    limit_s: float | None = None,
) -> Callable[[Results], Check]:
    """Make a check of a function; the arguments are the fields of `Check`."""
    return lambda results: Check(ids, results, needs, address, hint, limit_s)
