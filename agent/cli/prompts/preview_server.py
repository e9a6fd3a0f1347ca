"""The local server of `prompts preview`: the page and its audio, built again for every request."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from agent.cli.prompts.audio import LineVoice
from agent.core.errors import ScriptError


def serve(port: int, page: Callable[[], str], voice: LineVoice) -> None:
    """Serve on this machine until Ctrl+C.

    Args:
        page: returns the HTML; called for every request, so that a reload shows an edited file.
    """
    with ThreadingHTTPServer(("127.0.0.1", port), _handler(page, voice)) as server:
        print(f"open http://127.0.0.1:{server.server_port}/ and press Ctrl+C to stop")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


def _handler(page: Callable[[], str], voice: LineVoice) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            try:
                if url.path == "/":
                    self._answer(200, "text/html; charset=utf-8", page().encode())
                elif url.path == "/audio":
                    values = {name: value[0] for name, value in parse_qs(url.query).items()}
                    wav = asyncio.run(
                        voice.wav(values["text"], values["locale"], values.get("voice") or None)
                    )
                    self._answer(200, "audio/wav", wav)
                else:
                    self._answer(404, "text/plain", b"not found")
            except (ScriptError, KeyError) as e:
                print(e, file=sys.stderr)
                self._answer(500, "text/plain; charset=utf-8", str(e).encode())

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
