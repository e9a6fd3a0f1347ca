"""The package training-greeter-django, installed from its wheel into a fresh Django project.

The project is built from the code blocks of docs/integrate-django.md. `make packages` runs these
tests; the app's behaviour is tested in tests/integration/test_django_example.py.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, expect
from standardwebhooks.webhooks import Webhook

from agent.demo.livekit_server import free_ports
from agent.demo.processes import plain_environment, running, wait_until_ready
from tests.browser.conftest import OpenPage
from tests.support.host_pages import axe_violations, start
from tests.support.installers import ROOT, run, uv
from tests.support.page_driver import SLOW_MS
from tests.support.product import Product

PAGE = ROOT / "docs" / "integrate-django.md"
SECRET = "whsec_Z3Vlc3NlZCBieSBub2JvZHkgYXQgYWxsIQ=="
VIDEO = "https://platform.example.com/video/1"
FILES = {
    "platform_site/settings.py": 1,
    "platform_site/greeting.py": 2,
    "platform_site/urls.py": 3,
}
"""Which Python block of the page goes into which file."""
STRICT_POLICY = """
from django.utils.csp import CSP

MIDDLEWARE += ["django.middleware.csp.ContentSecurityPolicyMiddleware"]
TEMPLATES[0]["OPTIONS"]["context_processors"] += ["django.template.context_processors.csp"]
LIVEKIT = os.environ["LIVEKIT_URL"]
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.NONCE, CSP.STRICT_DYNAMIC],
    "connect-src": [CSP.SELF, LIVEKIT, LIVEKIT.replace("ws", "http", 1)],
}
"""
"""Scripts run only with the nonce, whatever their origin."""


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)


def python_for(django: str) -> str:
    """Return an interpreter that this version of Django supports. 6.0 needs Python 3.12."""
    wanted = ("3.12", "3.13") if django.startswith("6") else (f"3.{sys.version_info.minor}",)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for version in wanted:
        # pyenv's `python3.12` on PATH fails unless that version is selected: ask its own folder.
        for found in (
            shutil.which(f"python{version}"),
            *pyenv.glob(f"versions/{version}.*/bin/python"),
        ):
            if found and subprocess.run([found, "-c", ""], capture_output=True).returncode == 0:
                return str(found)
    pytest.skip(f"Django {django} needs Python {' or '.join(wanted)}")


@pytest.mark.timeout(400)
@pytest.mark.parametrize("django", ["4.2", "5.2", "6.0"])
async def test_the_page_of_the_docs_works_in_a_fresh_project(
    django: str,
    tmp_path: Path,
    product: Product,
    open_page: OpenPage,
) -> None:
    site, python = tmp_path / "site", tmp_path / "venv" / "bin" / "python"
    site.mkdir()
    await run(uv(), "build", "-q", "-o", str(tmp_path / "dist"), "integrations/django", cwd=ROOT)
    [wheel] = (tmp_path / "dist").glob("*.whl")
    interpreter = python_for(django)
    await run(uv(), "venv", "-q", "-p", interpreter, str(tmp_path / "venv"), cwd=tmp_path)
    await run(
        uv(), "pip", "install", "-q", "-p", str(python), str(wheel), f"django~={django}.0", cwd=site
    )

    # Steps 1 to 5 of the page.
    settings = {
        **plain_environment(),
        "ENDPOINT_URL": product.stage.endpoint_url,
        "PLATFORM_API_KEY": product.stage.environment["PLATFORM_API_KEY"],
        "OUTCOME_WEBHOOK_SECRET": SECRET,
        "LIVEKIT_URL": product.stage.environment["LIVEKIT_URL"],
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
    }
    [create, migrate, _] = blocks("sh")
    await run("bash", "-ec", create.replace("pip install", ": pip install"), cwd=site, env=settings)
    python_blocks = blocks("python")
    for file, number in FILES.items():
        with (site / file).open("a") as opened:
            opened.write("\n" + python_blocks[number - 1])
    with (site / "platform_site" / "settings.py").open("a") as opened:
        if django == "6.0":  # the first one with a policy of its own
            opened.write(STRICT_POLICY)
    with (site / "platform_site" / "urls.py").open("a") as opened:
        opened.write("\n" + python_blocks[3])
    await run("bash", "-ec", migrate, cwd=site, env=settings)
    ada = secrets.randbelow(10**9) + 1
    await run(
        str(python),
        "manage.py",
        "shell",
        "-c",
        "from django.contrib.auth.models import User\n"
        "User.objects.create_superuser("
        f"'ada', password='greet-me', first_name='Ada', pk={ada})",
        cwd=site,
        env=settings,
    )

    [port] = free_ports(1)
    log = tmp_path / "django.log"
    url = f"http://127.0.0.1:{port}"
    serve = (str(python), "manage.py", "runserver", "--noreload", str(port))
    environment = {**settings, "PYTHONUNBUFFERED": "1"}
    async with running(*serve, log=log, env=environment, cwd=site) as process:
        await wait_until_ready("django", f"{url}/admin/login/", process, log, 60)
        session = await _use(url, ada, await open_page())
    assert log.read_text().count(f"{session} continue {{}}") == 1  # the signal's receiver


async def _use(url: str, ada_id: int, page: Page) -> str:
    """Log in, be greeted on the page, continue, and deliver an outcome twice.

    Returns:
        The session of the outcome.
    """
    async with httpx.AsyncClient(base_url=url, timeout=15) as ada:
        await ada.get("/admin/login/")
        form = {
            "username": "ada",
            "password": "greet-me",
            "csrfmiddlewaretoken": ada.cookies["csrftoken"],
        }
        assert (await ada.post("/admin/login/", data=form)).status_code == 302
        greeting = f"/api/users/sessions/{ada_id}/avatar-greeting/"
        assert (await ada.post(greeting, json={})).status_code == 403
        ada.headers["X-CSRFToken"] = ada.cookies["csrftoken"]
        answer = await ada.post(greeting, json={"client": "avatar-greeting"})
        assert answer.status_code == 201, answer.text
        assert answer.json()["room_name"] == f"training-session-{ada_id}"
        assert "Ada" in answer.json()["fallback"]["welcome_text"]
        await page.context.add_cookies(
            [{"name": name, "value": value, "url": url} for name, value in ada.cookies.items()]
        )
        await page.route(f"{VIDEO}*", lambda route: route.fulfill(body="the video"))
        await page.goto(f"{url}/welcome/{ada_id}/")
        await start(page)
        await expect(page.get_by_test_id("captions")).to_contain_text("Ada", timeout=SLOW_MS)
        assert await axe_violations(page) == []
        await page.get_by_test_id("continue").click()
        await page.wait_for_url(VIDEO, timeout=SLOW_MS)
        assert (await ada.post(greeting, json={})).status_code == 409
        other = f"/api/users/sessions/{uuid.uuid4()}/avatar-greeting/"
        assert (await ada.post(other, json={})).status_code == 404

    session = str(uuid.uuid4())
    outcome = {
        "session_id": session,
        "trainee_id": "1",
        "script": "warehouse_safety",
        "script_version": 2,
        "locale": "en",
        "ended": {"reason": "continue"},
        "answers": {},
    }
    content = json.dumps({"type": "greeting.ended", "data": outcome}).encode()
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "outcome_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("outcome_1", now, content.decode()),
    }
    async with httpx.AsyncClient(base_url=url, timeout=15) as greeter:
        statuses = [
            (await greeter.post("/webhooks/greeting-outcome/", content=content, headers=headers))
            for _ in range(2)
        ]
    assert [answer.status_code for answer in statuses] == [201, 200]
    return session


def test_the_readme_shows_the_code_of_the_page() -> None:
    readme = (ROOT / "integrations" / "django" / "README.md").read_text()
    for name in re.findall(r"TRAINING_GREETER_[A-Z_]+ =", PAGE.read_text()):
        assert name in readme
