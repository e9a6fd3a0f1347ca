"""Clock: this machine's against those who answered. Tokens are refused by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agent.cli.doctor.finding import Finding, failed, ok, skipped, warning

_REFUSED_S = 50.0
"""LiveKit forgives a minute (protocol/auth/verifier.go), and so does the endpoint."""
_ODD_S = 10.0
_FIX = "set it by NTP: timedatectl set-ntp true, or chrony"


def check(skews: Mapping[str, float]) -> Iterator[Finding]:
    """Args: `skews` as `Caller.skews` has them, by who answered."""
    if not skews:
        yield skipped("clock", "nobody answered who could tell the time")
        return
    odd = {who: skew for who, skew in skews.items() if abs(skew) >= _ODD_S}
    if not odd:
        yield ok("clock", f"this machine's clock agrees with {', '.join(sorted(skews))}")
        return
    worst = max(odd.values(), key=abs)
    way = "ahead" if worst > 0 else "behind"
    if len(odd) * 2 > len(skews) or len(skews) == 1:
        said = f"this machine's clock is {abs(worst):.0f} s {way} of {', '.join(sorted(odd))}"
        fix = _FIX
    else:
        said = f"the clock of {', '.join(sorted(odd))} differs by {abs(worst):.0f} s from ours"
        fix = f"the others agree with ours: set theirs. {_FIX}"
    if abs(worst) >= _REFUSED_S:
        yield failed("clock", f"{said}: tokens are refused by it", fix)
    else:
        yield warning("clock", said, fix)
