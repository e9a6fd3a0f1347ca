"""`python -m agent.token_endpoint`: environment, settings, app, run."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from types import FrameType
from urllib.parse import urlsplit

import uvicorn
from dotenv import load_dotenv

from agent.core.addresses import is_private_host
from agent.core.errors import ConfigError, TrainingGreeterError
from agent.core.settings import EndpointSettings
from agent.telemetry.log_format import set_up_logs
from agent.token_endpoint.app import create_app
from agent.token_endpoint.http.uvicorn_protocol import http_protocol_for
from agent.token_endpoint.metrics import serve_metrics

logger = logging.getLogger("agent.token_endpoint")

_GRACE_S = 5
"""How long requests in flight may go on after SIGTERM."""


class Server(uvicorn.Server):
    """Says where it is once it really answers."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if sockets and not self.should_exit:
            host, port = sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            logger.info("token endpoint on http://%s:%d (its API: /openapi.json)", shown, port)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m agent.token_endpoint",
        description="Lets trainees into their greeting; set up by the environment or .env.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    return parser.parse_args(argv)


def _listen(host: str, port: int) -> socket.socket:
    """The listening address, or a TrainingGreeterError whose text is one clear line."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        sock = socket.socket(family, kind, proto)
    except (OSError, OverflowError) as e:
        raise TrainingGreeterError(f"{host}:{port} is no address to listen on: {e}") from e
    if os.name != "nt":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(address)
        sock.listen(2048)
    except OSError as e:
        sock.close()
        raise TrainingGreeterError(
            f"cannot listen on {host}:{port}: {e.strerror}. Is it busy? Try --port."
        ) from e
    return sock


def warn_of_unreachable_url(settings: EndpointSettings) -> None:
    """Say so when pages out on the internet are given a LiveKit address of this network."""
    host = urlsplit(settings.public_url).hostname or ""
    if is_private_host(host) and (page := _public_page(settings.cors_allowed_origins)):
        logger.warning(
            "browsers on %s are given %s, which they cannot reach from the internet: "
            "set LIVEKIT_PUBLIC_URL to an address that is reachable from outside",
            page,
            settings.public_url,
        )


def warn_of_any_audience(settings: EndpointSettings) -> None:
    """Say so when tokens that were issued for somebody else would be taken."""
    if settings.platform_jwks_url and not settings.platform_jwt_audience:
        logger.warning(
            "any token of PLATFORM_JWKS_URL's keys that names a session is taken, whoever it was "
            "issued for: set PLATFORM_JWT_AUDIENCE, and have the platform put it into aud"
        )


def _public_page(origins: Sequence[str]) -> str | None:
    for origin in origins:
        try:
            parts = urlsplit(origin)
        except ValueError:
            continue
        if parts.scheme == "https" and not is_private_host(parts.hostname or ""):
            return origin
    return None


def _leave(_signal: int, _frame: FrameType | None) -> None:
    """uvicorn stops gracefully, then raises the signal again: it meets this, and exit code 0."""
    sys.exit(0)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C. Exit codes: 0 stopped, 1 cannot listen, 2 settings."""
    arguments = _arguments(argv)
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    for noisy in ("livekit", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # Its warnings are a line for each oddity that a stranger sends.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
    load_dotenv(".env", override=False)
    try:
        settings = EndpointSettings.from_env(os.environ)
        set_up_logs(settings)
        app = create_app(settings)
        sock = _listen(arguments.host, arguments.port)
        if settings.endpoint_metrics_port is not None:
            serve_metrics(arguments.host, settings.endpoint_metrics_port)
    except TrainingGreeterError as e:
        print(e, file=sys.stderr)
        return 2 if isinstance(e, ConfigError) else 1
    warn_of_unreachable_url(settings)
    warn_of_any_audience(settings)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        http=http_protocol_for(
            settings
        ),  # h11's, which the tests attack, whatever else is installed
        ws="none",
        timeout_graceful_shutdown=_GRACE_S,
    )
    Server(config).run(sockets=[sock])
    return 0


if __name__ == "__main__":
    sys.exit(main())
