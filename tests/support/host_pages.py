"""Pages of a platform that show the greeting: built from the examples, and served."""

from __future__ import annotations

import json
import re
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from aiohttp import web
from playwright.async_api import FrameLocator, Page, expect

from agent.demo.livekit_server import free_ports
from agent.demo.page import WEB
from agent.demo.processes import plain_environment, running, wait_until_ready
from tests.support.installers import ROOT, npm

EXAMPLES = ROOT / "examples"

_AXE_CORE = WEB / "node_modules" / "axe-core" / "axe.min.js"
_AXE = """async (disabled) => {
    const rules = Object.fromEntries(disabled.map(id => [id, { enabled: false }]));
    const { violations } = await axe.run(document, { resultTypes: ["violations"], rules });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}"""

# An expected error that is missing is an error: without type declarations, tsc finds nothing.
_TYPE_CHECKED = """
import {
  AvatarGreeting, type AvatarGreetingProps, AvatarVideo, type Labels, type Microphone, useGreeting,
} from "@training-greeter/react";
import "@training-greeter/react/styles.css";
import "@training-greeter/react/greeter.js";

const labels: Labels = { it: { you: "Tu" }, en: { continue: { label: "Start the course" } } };
const props: AvatarGreetingProps = { endpointUrl: "/greeting/", locale: "es", labels };
export const right = <AvatarGreeting {...props} onContinue={(url) => url?.length} />;
export const isOn = ({ status }: Microphone) => status === "on";
export const picture = <AvatarVideo videoTrack={undefined} />;
export const Own = () => <p>{useGreeting(props).conversation.captions.length}</p>;
// @ts-expect-error a number is not an address
export const wrong = <AvatarGreeting endpointUrl={7} />;
// @ts-expect-error there is no such phase
export const never = <AvatarGreeting {...props} onStateChange={(s) => s.phase === "nowhere"} />;
// @ts-expect-error there is no such word
export const words: Labels = { en: { contineu: { label: "Start" } } };
"""


async def copy_example(name: str, to: Path, versions: Mapping[str, str] | None = None) -> Path:
    """Copy an example with today's package, and install it.

    Args:
        versions: replace the versions in its package.json.
    """
    ignored = shutil.ignore_patterns("node_modules", "dist", ".next", "*.tgz", "package-lock.json")
    project = Path(shutil.copytree(EXAMPLES / name, to / name, ignore=ignored))
    await npm("run", "build:lib", cwd=WEB)
    # The element is built: its files must not change while an endpoint serves them.
    await npm("pack", "--ignore-scripts", "--pack-destination", str(project), cwd=WEB)
    package = json.loads((project / "package.json").read_text())
    for kind in ("dependencies", "devDependencies"):
        package[kind] |= {k: v for k, v in (versions or {}).items() if k in package[kind]}
    (project / "package.json").write_text(json.dumps(package))
    await npm("install", cwd=project)
    return project


async def built_react_app(
    to: Path, versions: Mapping[str, str], *, greeter_url: str, own_page: bool = False
) -> Path:
    """Build examples/react-app with these versions; its types are checked. Returns its files.

    Args:
        own_page: the app shows src/MyGreeting.tsx instead of our page.
    """
    project = await copy_example("react-app", to, versions)
    if own_page:
        app = project / "src" / "App.tsx"
        code = app.read_text().replace("<AvatarGreeting", "<MyGreeting")
        code = code.replace(' traineeName="Ada"', "")
        app.write_text(
            re.sub('import.*react";', 'import { MyGreeting } from "./MyGreeting";', code)
        )
    (project / "src" / "types.tsx").write_text(_TYPE_CHECKED)
    await npm("run", "build", cwd=project, env={"VITE_GREETER_URL": greeter_url})
    return project / "dist"


async def react_app_jwt(project: Path, session_id: str, jwt_secret: str) -> str:
    """The JWT that the backend of examples/react-app signs for this session."""
    node, [port] = shutil.which("node"), free_ports(1)
    assert node
    env = {**plain_environment(), "PORT": str(port), "PLATFORM_JWT_SECRET": jwt_secret}
    log, url = project / "backend.log", f"http://localhost:{port}/greeting-jwt"
    async with running(node, "backend.mjs", log=log, env=env, cwd=project) as process:
        await wait_until_ready("backend", url, process, log, 120)
        async with httpx.AsyncClient() as http:
            return (await http.get(url, params={"session": session_id})).text


@asynccontextmanager
async def serving(
    listening: socket.socket, pages: Mapping[str, Callable[[], web.StreamResponse]], files: Path
) -> AsyncIterator[str]:
    """Serve pages by path, and the files of a folder; yields the origin."""

    async def page(request: web.Request) -> web.StreamResponse:
        if make := pages.get(request.path):
            return make()
        path = files / request.path.lstrip("/")
        return web.FileResponse(path) if path.is_file() else web.Response(status=404)

    app = web.Application()
    app.router.add_get("/{path:.*}", page)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.SockSite(runner, listening.dup()).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        await runner.cleanup()


def example_page(name: str, *, greeter_url: str, session_id: str, jwt: str) -> str:
    """The HTML page of an example, with the addresses and the JWT of a test."""
    page = (EXAMPLES / name / "index.html").read_text(encoding="utf-8")
    for example, real in (
        ("https://greeter.example.com", greeter_url),
        ("/123/", f"/{session_id}/"),
        ("embed/123", f"embed/{session_id}"),
        ("eyJ…", jwt),
    ):
        page = page.replace(example, real)
    assert "example.com" not in page
    return page


async def axe_violations(page: Page, *, disabled: Sequence[str] = ()) -> list[str]:
    """Run axe on the whole page, except these rules; returns each violation with its element."""
    await page.evaluate(_AXE_CORE.read_text(encoding="utf-8"))
    violations: list[str] = await page.evaluate(_AXE, list(disabled))
    return violations


async def start(page: Page | FrameLocator) -> None:
    """Click Start, if the page begins with the pre-join screen."""
    button, captions = page.get_by_test_id("start"), page.get_by_test_id("captions")
    await expect(button.or_(captions)).to_be_visible()
    if await button.is_visible():
        await button.click()
