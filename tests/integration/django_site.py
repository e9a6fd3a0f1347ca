"""The Django example as a running process, with two trainees in its database."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import secrets
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from standardwebhooks.webhooks import Webhook

from agent.core.records import Answer
from agent.demo.livekit_server import free_ports
from agent.demo.processes import child, plain_environment, wait_until_ready
from agent.outcomes.outcome import Ended, Outcome

_ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = _ROOT / "examples" / "django"
DJANGO_APP = _ROOT / "integrations" / "django" / "src"
CONTINUE_URL = "https://platform.example/video/1"
PASSWORD = "greet-me"
_OF_ADA = range(100, 150)
OF_BEN = 200
"""Ben's training session: in Spanish, with consent to recording."""
_TRAINEES = f"""
from django.contrib.auth.models import User
ben = User.objects.create_user("ben", password="{PASSWORD}", first_name="Ben")
ada = User.objects.create_user("ada", password="{PASSWORD}", first_name="Ada")
for number in range({_OF_ADA.start}, {_OF_ADA.stop}):
    ada.training_sessions.create(
        pk=number,
        role="picker",
        training_type="warehouse safety",
        continue_url="{CONTINUE_URL}",
    )
ben.training_sessions.create(
    pk={OF_BEN}, locale="es-MX", consent_recording=True, continue_url="{CONTINUE_URL}"
)
"""


@dataclass
class Site:
    """A running platform."""

    url: str
    environment: dict[str, str]
    of_ada: Iterator[int] = field(default_factory=lambda: iter(_OF_ADA))
    """Unused training sessions of Ada: a session that has ended cannot be greeted again."""
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    async def browser(self, username: str | None) -> httpx.AsyncClient:
        """Return a client with the cookies of a logged-in user; None: not logged in."""
        http = httpx.AsyncClient(base_url=self.url, timeout=60)
        self.clients.append(http)
        await http.get("/accounts/login/")
        if username is not None:
            form = {
                "username": username,
                "password": PASSWORD,
                "csrfmiddlewaretoken": http.cookies["csrftoken"],
            }
            answer = await http.post("/accounts/login/", data=form)
            assert answer.status_code == 302, answer.text
        # As the page does it: the cookie's value, in a header.
        http.headers["X-CSRFToken"] = http.cookies["csrftoken"]
        return http

    async def outcomes(self) -> list[dict[str, Any]]:
        """Return the stored outcomes."""
        output = await manage(self.environment, "dumpdata", "training_greeter.greetingoutcome")
        return [row["fields"] for row in json.loads(output)]


def greeting(session_id: int | str, path: str = "") -> str:
    return f"/api/users/sessions/{session_id}/avatar-greeting/{path}"


async def manage(environment: dict[str, str], *arguments: str) -> str:
    """Run manage.py and return its output.

    Raises:
        AssertionError: it failed; with its error output.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(EXAMPLE / "manage.py"),
        *arguments,
        env={**plain_environment(), "PYTHONPATH": str(DJANGO_APP), **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, error = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, error.decode()
    return out.decode()


@contextlib.asynccontextmanager
async def django_site(folder: Path, **environment: str) -> AsyncIterator[Site]:
    """Migrate the example, create two trainees, and serve it until the block ends."""
    [port] = free_ports(1)
    settings = {
        "PYTHONPATH": os.pathsep.join([str(EXAMPLE), str(DJANGO_APP)]),
        "DJANGO_SECRET_KEY": secrets.token_hex(32),
        "DJANGO_DEBUG": "1",
        "DJANGO_DB": str(folder / "db.sqlite3"),
        "PLATFORM_API_KEY": secrets.token_hex(16),
        "PLATFORM_JWT_SECRET": secrets.token_hex(32),
        "OUTCOME_WEBHOOK_SECRET": f"whsec_{base64.b64encode(os.urandom(32)).decode()}",
        **environment,
    }
    await manage(settings, "migrate")
    await manage(settings, "shell", "-c", _TRAINEES)
    site = Site(f"http://127.0.0.1:{port}", settings)
    log = folder / "django.log"
    command = ["manage", "runserver", "--noreload", str(port)]
    async with child(*command, env=settings, log=log) as process:
        await wait_until_ready("django", f"{site.url}/accounts/login/", process, log, 120)
        yield site
        await asyncio.gather(*(http.aclose() for http in site.clients))


def an_outcome(session_id: str = str(_OF_ADA.start)) -> Outcome:
    """Build an outcome."""
    now = datetime.now(UTC)
    return Outcome(
        id=secrets.token_hex(8),
        session_id=session_id,
        script="warehouse_safety",
        script_version=2,
        locale="es",
        answers={"experience": Answer(type="yes_no", status="answered", value=True, at=now)},
        ended=Ended(reason="continue", at=now, closing_said=True),
        started_at=now,
    )


def delivery(outcome: Outcome, secret: str, **changes: Any) -> dict[str, Any]:
    """Build one delivery as the worker sends it: `content` and `headers`.

    Args:
        changes: `type` of the event, `age_s` of the delivery.
    """
    data = outcome.model_dump(mode="json")
    kind = changes.get("type", "greeting.ended")
    body = json.dumps({"type": kind, "timestamp": datetime.now(UTC).isoformat(), "data": data})
    sent_at = int(time.time()) - changes.get("age_s", 0)
    webhook_id = f"outcome_{outcome.id}" + (".feedback" if kind == "greeting.feedback" else "")
    signed = Webhook(secret).sign(webhook_id, datetime.fromtimestamp(sent_at, UTC), body)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(sent_at),
        "webhook-signature": signed,
    }
    return {"content": body.encode(), "headers": headers}
