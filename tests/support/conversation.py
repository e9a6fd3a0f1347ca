"""Waits for the opening, writes the model's scripted replies, and reads the agent's attributes."""

from __future__ import annotations

from typing import Any

from agent.room.contract import ATTRIBUTE_QUESTIONS
from tests.support.livekit_client import LiveKitClient
from tests.support.product import Product
from tests.support.shipped_scripts import has_whole_opening
from tests.support.waiting import until

FORKLIFT = {"training_type": "forklift", "role": "picker", "industry": "logistics"}
"""A trainee with these details gets the script `forklift`, which asks questions."""
LONG_LINE = (
    "First you watch the video, and it shows you every step of the work in this building. "
    "Then a colleague from your team walks through the building with you and shows you the doors. "
    "After that you try the first task yourself, slowly, with a colleague at your side. "
    "At the end you may ask about all of it once more."
)
"""17 s: the trainee can interrupt it although a busy machine stops a process for some seconds."""


async def wait_for_opening(client: LiveKitClient, timeout: float = 90) -> str:
    """Wait for the opening, and return its caption."""
    await until(
        lambda: any(has_whole_opening(text) for _, text in client.captions),
        timeout,
        f"no opening among the captions {client.captions}",
    )
    return next(text for _, text in client.captions if has_whole_opening(text))


async def wait_for_end_of_opening(client: LiveKitClient, timeout: float = 90) -> None:
    """Wait until the agent has said the opening; a busy machine may pause it for seconds."""
    await until(
        lambda: client.agent is not None and ATTRIBUTE_QUESTIONS in client.agent.attributes,
        timeout,
        "the opening did not end",
    )


def says(text: str) -> dict[str, Any]:
    """Return a reply that is spoken, for `Providers.script`."""
    return {"text": text}


def calls(*functions: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """Return a reply that calls these functions."""
    return {"calls": [{"name": name, "args": arguments} for name, arguments in functions]}


def saved(question: str, value: object) -> tuple[str, dict[str, Any]]:
    """Return the function call that records an answer."""
    return f"record_{question}", {"value": value}


def attribute(client: LiveKitClient, name: str) -> str:
    """Return an attribute of the agent; empty if there is no agent."""
    return client.agent.attributes.get(name, "") if client.agent else ""


def expected_avatars(product: Product, session_id: str) -> int:
    """Return 1, or 2 if the worker repeated a request that a busy machine answered too late."""
    return 1 + ("avatar_call_retried" in events_of(product, session_id))


def events_of(product: Product, session_id: str) -> set[str | None]:
    """The events that the worker has logged about a session so far."""
    logged = product.events("worker")
    return {entry.get("event") for entry in logged if entry.get("session_id") == session_id}
