"""Clock: compare this machine's clock with the servers'; tokens are refused if it is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agent.cli.doctor.result import CheckResult, failed, ok, skipped, warning

_FAILED_S = 50.0
"""LiveKit tolerates a minute (protocol/auth/verifier.go), and so does the token endpoint."""
_WARNING_S = 10.0
_FIX = "synchronise it with NTP: timedatectl set-ntp true, or chrony"


def check(offsets: Mapping[str, float]) -> Iterator[CheckResult]:
    """Check the offsets that `HttpClient.clock_offsets` has, by server."""
    if not offsets:
        yield skipped("clock", "no server answered with its time")
        return
    odd = {server: offset for server, offset in offsets.items() if abs(offset) >= _WARNING_S}
    if not odd:
        yield ok("clock", f"this machine's clock agrees with {', '.join(sorted(offsets))}")
        return
    worst = max(odd.values(), key=abs)
    way = "ahead of" if worst > 0 else "behind"
    if len(odd) * 2 > len(offsets) or len(offsets) == 1:
        what = f"this machine's clock is {abs(worst):.0f} s {way} {', '.join(sorted(odd))}"
        fix = _FIX
    else:
        what = f"the clock of {', '.join(sorted(odd))} is {abs(worst):.0f} s off"
        fix = f"the other clocks agree with this machine's: correct that server's clock. {_FIX}"
    if abs(worst) >= _FAILED_S:
        yield failed("clock", f"{what}: tokens are refused", fix)
    else:
        yield warning("clock", what, fix)
