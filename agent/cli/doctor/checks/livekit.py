"""LiveKit: whether LIVEKIT_URL is reachable, is LiveKit, and accepts the API key and secret."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from livekit import api

from agent.cli.doctor.configuration import Configuration
from agent.cli.doctor.http_client import HttpClient, Response, host_and_port, https_url
from agent.cli.doctor.result import CheckResult, failed, ok, reports, skipped
from agent.core.livekit_api import signed_token

_LIST_ROOMS = "/twirp/livekit.RoomService/ListRooms"


@reports(
    "livekit.reachable",
    "livekit.credentials",
    *("livekit.websocket", "worker.registered"),  # of `worker.check`, which needs the others
    needs=("LIVEKIT_URL",),
    address="LIVEKIT_URL",
)
async def check(config: Configuration, http: HttpClient) -> AsyncIterator[CheckResult]:
    """Send one authenticated request that changes nothing."""
    url = config.worker.livekit_url
    token = signed_token(config.worker, api.VideoGrants(room_list=True), ttl_s=60)
    # LiveKit answers a wrong key, too: that is enough to be reachable.
    response = await http.request(
        "LiveKit",
        "POST",
        https_url(url) + _LIST_ROOMS,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        body=b'{"names": ["-"]}',
    )
    if not _is_livekit(response):
        fix = (
            "set LIVEKIT_URL to the address of LiveKit: your project's, or your server's port 7880 "
            "or the proxy in front of it"
        )
        if path := urlsplit(url).path:
            fix = f"remove {path} from LIVEKIT_URL, unless a proxy needs it; otherwise {fix}"
        yield failed(
            "livekit.reachable",
            f"{host_and_port(url)} answers (HTTP {response.status}), but is not LiveKit",
            fix,
        )
        return
    if response.status >= 500:
        yield failed(
            "livekit.reachable",
            f"LiveKit at {host_and_port(url)} has a problem (HTTP {response.status})",
            "check its log or its status page, and try again",
        )
        return
    yield ok("livekit.reachable", f"LiveKit answers at {host_and_port(url)}")
    if unusable := config.lacks("LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"):
        yield skipped("livekit.credentials", unusable)
    elif response.status == 200:
        yield ok("livekit.credentials", "LiveKit accepts LIVEKIT_API_KEY and LIVEKIT_API_SECRET")
    else:
        yield credentials_refused(response)


_REFUSALS = (
    (
        ("invalid api key",),
        "LiveKit does not know LIVEKIT_API_KEY",
        "use key and secret of the project in LIVEKIT_URL: the key is of another project, was "
        "deleted, or is in the place of the secret",
    ),
    (
        ("signature is invalid", "error in cryptographic primitive"),
        "LIVEKIT_API_SECRET is not the secret of LIVEKIT_API_KEY",
        "copy both again, together, from your project's settings",
    ),
    (
        ("not valid yet", "expired", "used before issued", "(nbf)"),
        "LiveKit refuses the token's time: this machine's clock differs from LiveKit's",
        "correct the clock of either machine (systemctl status systemd-timesyncd, or chrony)",
    ),
    (
        ("permission",),
        "LIVEKIT_API_KEY may not list rooms",
        "use a key with all permissions: worker and token endpoint create and delete rooms",
    ),
)
"""What livekit-server 1.13.5 says (pkg/service/auth.go, and golang-jwt), and what it means."""


def credentials_refused(response: Response) -> CheckResult:
    """Find out from LiveKit's error text whether it refuses the key, the secret or the clock."""
    words = response.text.lower()
    for said, what, fix in _REFUSALS:
        if any(text in words for text in said):
            return failed("livekit.credentials", what, fix)
    return failed(
        "livekit.credentials",
        f"LiveKit refuses LIVEKIT_API_KEY and LIVEKIT_API_SECRET (HTTP {response.status})",
        "copy both from the same project's settings, and check this machine's clock",
    )


def _is_livekit(response: Response) -> bool:
    if response.status >= 500:
        return "html" not in response.headers.get("Content-Type", "")
    if response.status == 200:
        return isinstance(response.json(), dict)
    return response.status in {401, 403} and "html" not in response.headers.get("Content-Type", "")
