"""The custom element `<training-greeter>`, and a page with it for an iframe.

`npm run build` in `web/` builds the element; the image contains it. The script has two paths: a
fixed one, which browsers ask for again, and one that changes with the content, which they keep. The
manifest `greeter.json` names the second one and the integrity for `<script integrity>`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, cast

from fastapi import FastAPI, Request, Response
from fastapi import Path as PathParameter
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse

from agent.core.settings import EndpointSettings
from agent.token_endpoint.http.schemas import SESSION_ID

DIST = Path(__file__).resolve().parents[3] / "web" / "dist"
"""The built element. Read for each request, because a build may replace it."""
_HERE = Path(__file__).parent
_SCRIPT = "greeter.js"
_MANIFEST = "greeter.json"
_LICENCES = "greeter.licenses.md"
"""Of the libraries in the script, which names this file in its first line."""
_FIXED = "public, max-age=300"
_VERSIONED = "public, max-age=31536000, immutable"
_FOR_EVERY_ORIGIN = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def add_element_routes(app: FastAPI, settings: EndpointSettings) -> None:
    """Add the element's files and the iframe page."""
    policy = _content_security_policy(settings)

    async def static(name: str, request: Request) -> Response:
        manifest = _manifest()
        if name not in (_SCRIPT, _MANIFEST, _LICENCES, "embed.js", manifest["file"]):
            raise HTTPException(404)
        cache = _VERSIONED if name == manifest["file"] else _FIXED
        headers = {**_FOR_EVERY_ORIGIN, "Cache-Control": cache}
        if name == _MANIFEST:
            return Response(json.dumps(manifest), headers=headers, media_type="application/json")
        if name == _LICENCES:
            return FileResponse(DIST / name, headers=headers, media_type="text/plain")
        if name == "embed.js":
            return FileResponse(_HERE / name, headers=headers, media_type="text/javascript")
        headers |= {"ETag": f'"{manifest["integrity"]}"', "Vary": "Accept-Encoding"}
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        path = DIST / _SCRIPT
        if "gzip" in request.headers.get("accept-encoding", ""):
            path = DIST / f"{_SCRIPT}.gz"
            headers["Content-Encoding"] = "gzip"
        return FileResponse(path, headers=headers, media_type="text/javascript")

    async def embed(session: Annotated[str, PathParameter(pattern=SESSION_ID)]) -> Response:
        headers = {
            "Content-Security-Policy": policy,
            "Permissions-Policy": "microphone=(self), autoplay=(self)",
            "Referrer-Policy": "no-referrer",
        }
        return FileResponse(_HERE / "embed.html", headers=headers, media_type="text/html")

    app.api_route("/static/{name}", methods=["GET", "HEAD"], include_in_schema=False)(static)
    app.get("/embed/{session}", include_in_schema=False)(embed)


def _manifest() -> dict[str, Any]:
    try:
        return cast(dict[str, Any], json.loads((DIST / _MANIFEST).read_bytes()))
    except FileNotFoundError:
        raise HTTPException(
            404, "the element is not built; run `npm ci` and `npm run build` in web/"
        ) from None


def _content_security_policy(settings: EndpointSettings) -> str:
    """Allow this endpoint's scripts, and connections to LiveKit, which chooses a region's host."""
    local = settings.public_url if settings.public_url.startswith("ws://") else ""
    connect = " ".join(filter(None, ["'self' https: wss:", local, local.replace("ws", "http", 1)]))
    ancestors = " ".join(settings.embed_allowed_origins) or "'none'"
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            f"connect-src {connect}",
            "img-src 'self' https: data:",
            "media-src 'self' blob:",
            "base-uri 'none'",
            "form-action 'none'",
            f"frame-ancestors {ancestors}",
        ]
    )
