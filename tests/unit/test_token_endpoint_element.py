"""The custom element's files, and the page for an iframe."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.core.errors import ConfigError
from agent.token_endpoint.http import element
from tests.support.endpoint_app import endpoint, settings

SCRIPT = b"customElements.define('training-greeter', class extends HTMLElement {});"
VERSIONED = "greeter-0.1.0-abc.js"
MANIFEST = {"version": "0.1.0", "file": VERSIONED, "integrity": "sha384-x"}


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "greeter.js").write_bytes(SCRIPT)
    (tmp_path / "greeter.js.gz").write_bytes(b"zipped")
    (tmp_path / "greeter.json").write_text(json.dumps(MANIFEST))
    (tmp_path / "greeter.licenses.md").write_text("React: MIT")
    (tmp_path / "index.html").write_text("the page")
    monkeypatch.setattr(element, "DIST", tmp_path)


@pytest.mark.usefixtures("built")
async def test_element_is_served_to_every_origin_and_revalidated(tmp_path: Path) -> None:
    async with endpoint(tmp_path / "state") as http:
        plain = {"Accept-Encoding": "identity", "Origin": "https://other.example"}
        script = await http.get("/static/greeter.js", headers=plain)
        assert script.content == SCRIPT
        assert script.headers["content-type"].startswith("text/javascript")
        assert script.headers["access-control-allow-origin"] == "*"
        assert script.headers["cross-origin-resource-policy"] == "cross-origin"
        assert script.headers["cache-control"] == "public, max-age=300"
        head = await http.head("/static/greeter.js", headers=plain)
        assert (head.status_code, head.headers["etag"]) == (200, script.headers["etag"])
        known = {"If-None-Match": script.headers["etag"]}
        assert (await http.get("/static/greeter.js", headers=known)).status_code == 304
        assert (await http.get("/static/greeter.licenses.md")).text == "React: MIT"
        headers = (await http.get("/healthz")).headers
        assert headers["cache-control"] == "no-store"


@pytest.mark.usefixtures("built")
async def test_versioned_element_is_kept_by_browsers(tmp_path: Path) -> None:
    async with endpoint(tmp_path / "state") as http:
        manifest = (await http.get("/static/greeter.json")).json()
        assert manifest == MANIFEST
        plain = {"Accept-Encoding": "identity"}
        script = await http.get(f"/static/{manifest['file']}", headers=plain)
        assert script.content == SCRIPT
        assert "immutable" in script.headers["cache-control"]
        async with http.stream("GET", "/static/greeter.js") as zipped:
            assert zipped.headers["content-encoding"] == "gzip"
            assert "Accept-Encoding" in zipped.headers["vary"]


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("name", ["index.html", "greeter-0.0.9-abc.js", "..%2Fgreeter.js"])
async def test_no_other_file_is_served(tmp_path: Path, name: str) -> None:
    async with endpoint(tmp_path / "state") as http:
        assert (await http.get(f"/static/{name}")).status_code == 404


async def test_element_that_is_not_built_is_not_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(element, "DIST", tmp_path / "nothing")
    async with endpoint(tmp_path / "state") as http:
        response = await http.get("/static/greeter.js")
        assert response.status_code == 404
        assert "npm run build" in response.text


async def test_iframe_page_is_only_for_allowed_origins(tmp_path: Path) -> None:
    allowed = "https://lms.example, https://*.example.org:8443"
    async with endpoint(tmp_path, EMBED_ALLOWED_ORIGINS=allowed) as http:
        page = await http.get("/embed/123")
        assert "../static/greeter.js" in page.text
        policy = page.headers["content-security-policy"].split("; ")
        assert "frame-ancestors https://lms.example https://*.example.org:8443" in policy
        assert "script-src 'self'" in policy
        assert "connect-src 'self' https: wss: ws://127.0.0.1:1 http://127.0.0.1:1" in policy
        assert (await http.get("/embed/no%20session")).status_code == 422
    async with endpoint(tmp_path) as http:
        page = await http.get("/embed/123")
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"].split("; ")


@pytest.mark.parametrize("value", ["lms.example", "https://a.example; script-src *", "*"])
def test_embed_origins_cannot_change_the_policy(tmp_path: Path, value: str) -> None:
    with pytest.raises(ConfigError, match="EMBED_ALLOWED_ORIGINS"):
        settings(tmp_path, EMBED_ALLOWED_ORIGINS=value)
