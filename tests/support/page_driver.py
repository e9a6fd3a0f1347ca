"""Opens the page as a trainee, sets what it shows, and takes screenshots."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path

import jwt
from livekit import api
from playwright.async_api import Page

from tests.support.product import Product
from tests.support.waiting import until_answer

SLOW_MS = 60_000
"""Longest wait for what the page shows, on a busy machine."""


def trainee_jwt(
    product: Product, *, locale: str, name: str = "Ada", recorded: bool = False
) -> tuple[str, str]:
    """Return a new session id, and the JWT that the platform signs for its trainee."""
    session_id = secrets.token_hex(4)
    claims = {
        "sub": f"trainee-{session_id}",
        "exp": int(time.time()) + 600,
        "session_id": session_id,
        "trainee": {"name": name},
        "role": "picker",
        "locale": locale,
        "consent": {"recording": recorded},
        "continue_url": f"{product.stage.url}/video",
    }
    secret = product.stage.environment["PLATFORM_JWT_SECRET"]
    return session_id, jwt.encode(claims, secret, algorithm="HS256")


async def arrive(
    page: Page,
    product: Product,
    *,
    locale: str,
    recorded: bool = False,
    pre_join: bool = False,
) -> str:
    """Open the greeting of a trainee with this locale; return its session id."""
    session_id, token = trainee_jwt(product, locale=locale, recorded=recorded)
    await page.context.add_cookies(
        [{"name": f"jwt-{session_id}", "value": token, "url": product.stage.url}]
    )
    begins_with = "&pre_join=on" if pre_join else ""
    await page.goto(f"{product.stage.url}/greeting?session_id={session_id}{begins_with}")
    return session_id


async def set_agent_attributes(
    product: Product, session_id: str, attributes: dict[str, str]
) -> None:
    """Set attributes of the agent as if it had set them, through LiveKit's API."""
    room = f"training-session-{session_id}"
    (agent,) = await until_answer(lambda: product.agents(room))
    await product.livekit.room.update_participant(
        api.UpdateParticipantRequest(room=room, identity=agent, attributes=attributes)
    )


async def screenshot(page: Page, name: str) -> None:
    """Save a screenshot in the folder KEEP_SHOTS_IN, if it is set."""
    if folder := os.environ.get("KEEP_SHOTS_IN"):
        await page.screenshot(path=str(Path(folder) / f"{name}.png"))
