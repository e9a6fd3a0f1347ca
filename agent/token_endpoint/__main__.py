"""`python -m agent.token_endpoint`: read the settings, create the app, serve it."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from types import FrameType

import uvicorn
from fastapi import FastAPI

from agent.core.addresses import is_public_url
from agent.core.errors import ConfigError, TrainingGreeterError
from agent.core.log import logger
from agent.core.options import port, seconds
from agent.core.settings import EndpointSettings, load_env_file
from agent.core.settings.spelling import warn_of_misspelled_settings
from agent.telemetry.log_format import set_up_logs
from agent.token_endpoint.app import create_app
from agent.token_endpoint.http import open_files
from agent.token_endpoint.http.uvicorn_server import EndpointServer, http_protocol_for
from agent.token_endpoint.metrics import serve_metrics

KEEP_ALIVE_S = 75
"""Longer than the 60 s for which nginx, AWS and most other load balancers reuse a connection. If we
closed it first, they would answer 502 without sending us the request. Google's need 620 s."""
_SWITCH_S = 0.0005
"""How long the event loop may keep Python's interpreter lock while SQLite's thread waits for it,
which it does several times in each transaction. With the default of 5 ms, requests wait longer for
the store than for LiveKit."""
_SHUTDOWN_S = 5
"""How long requests may continue after SIGTERM."""


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C.

    Returns:
        The exit code: 0 stopped, 1 cannot listen, 2 a setting is wrong.
    """
    arguments = _arguments(argv)
    signal.signal(signal.SIGTERM, _exit)
    signal.signal(signal.SIGINT, _exit)
    for noisy in ("livekit", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # uvicorn warns about each malformed request, so that anyone could fill the log.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
    try:
        load_env_file()
        settings = EndpointSettings.from_env(os.environ)
        set_up_logs(settings)
        warn_of_misspelled_settings(os.environ)
        app = create_app(settings)
        sock = _listen(arguments.host, arguments.port)
        if settings.endpoint_metrics_port is not None:
            serve_metrics(arguments.host, settings.endpoint_metrics_port)
    except TrainingGreeterError as e:
        print(e, file=sys.stderr)
        return 2 if isinstance(e, ConfigError) else 1
    sys.setswitchinterval(_SWITCH_S)
    open_files.raise_limit()
    warn_if_livekit_is_private(settings)
    warn_if_audience_is_not_checked(settings)
    EndpointServer(server_config(app, settings, arguments.keep_alive)).run(sockets=[sock])
    return 0


def server_config(app: FastAPI, settings: EndpointSettings, keep_alive_s: int) -> uvicorn.Config:
    """Return how uvicorn serves the app."""
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        http=http_protocol_for(settings, connections_max=open_files.connections_max()),
        ws="none",
        loop="asyncio",
        timeout_graceful_shutdown=_SHUTDOWN_S,
        timeout_keep_alive=keep_alive_s,
    )


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m agent.token_endpoint",
        description="Serve the API that starts greetings. Settings: environment or .env.",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s)"
    )
    parser.add_argument(
        "--port",
        type=port,
        default=8000,
        help="port; 0 selects a free one (default: %(default)s)",
    )
    parser.add_argument(
        "--keep-alive",
        type=seconds,
        default=KEEP_ALIVE_S,
        metavar="SECONDS",
        help="how long an idle connection stays open; must be longer than your load balancer "
        "keeps it (default: %(default)s)",
    )
    return parser.parse_args(argv)


def _listen(host: str, port: int) -> socket.socket:
    """Open the listening socket.

    Raises:
        TrainingGreeterError: the address cannot be used.
    """
    try:
        family, *_, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        both = (
            family is socket.AF_INET6 and socket.has_dualstack_ipv6()
        )  # `::` listens on IPv4, too
        return socket.create_server(address, family=family, backlog=2048, dualstack_ipv6=both)
    except OSError as e:
        raise TrainingGreeterError(
            f"cannot listen on {host}:{port}: {e}. Check --host and --port; another process may "
            "use the port"
        ) from e


def warn_if_livekit_is_private(settings: EndpointSettings) -> None:
    """Warn if public pages get a LiveKit address of a private network."""
    page = next(filter(is_public_url, settings.cors_allowed_origins), None)
    if page and not is_public_url(settings.public_url):
        logger.warning(
            "browsers get a private LiveKit address: they cannot reach it from the internet, and "
            "Chrome 142 and later asks the trainee for permission in the same network; set "
            "LIVEKIT_PUBLIC_URL to a public address",
            extra={
                "event": "livekit_url_is_private",
                "page": page,
                "livekit_url": settings.public_url,
            },
        )


def warn_if_audience_is_not_checked(settings: EndpointSettings) -> None:
    """Warn if tokens that were issued for other services would be accepted."""
    if settings.platform_jwks_url and not settings.platform_jwt_audience:
        logger.warning(
            "every token of PLATFORM_JWKS_URL's keys that names a session is accepted, also those "
            "for other services; set PLATFORM_JWT_AUDIENCE and have the platform set aud",
            extra={"event": "audience_not_checked"},
        )


def _exit(_signal: int, _frame: FrameType | None) -> None:
    """Exit with 0. uvicorn stops gracefully and then raises the signal again."""
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main())
