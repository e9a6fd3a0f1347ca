"""Settings with random secrets, to search for in everything that our processes show."""

from __future__ import annotations

import base64
import secrets


def canary() -> str:
    """A random text that nothing else contains."""
    return "canary" + secrets.token_hex(16)


def with_canaries(address: str) -> tuple[dict[str, str], list[str]]:
    """Return settings of worker and token endpoint, and the secrets in them.

    Args:
        address: host and port of all providers and of the platform.
    """
    webhook = base64.b64encode(secrets.token_bytes(32)).decode()
    password = canary()
    env = {
        "LIVEKIT_API_SECRET": canary(),
        "PLATFORM_API_KEY": canary(),
        "PLATFORM_JWT_SECRET": canary(),
        "BEYOND_PRESENCE_API_KEY": canary(),
        "DEEPGRAM_API_KEY": canary(),
        "GOOGLE_API_KEY": canary(),
        "OUTCOME_WEBHOOK_SECRET": f"whsec_{webhook}",
    }
    hidden = [*env.values(), password, webhook]
    env |= {
        "OUTCOME_WEBHOOK_URL": f"http://me:{password}@{address}/outcomes",
        "BEYOND_PRESENCE_AVATAR_ID": "demo",
        "BEY_API_URL": f"http://{address}",
        "DEEPGRAM_BASE_URL": f"http://{address}",
        "GOOGLE_GEMINI_BASE_URL": f"http://{address}",
    }
    return env, hidden


def check(text: str, hidden: list[str]) -> None:
    """Check that a text contains neither a secret nor the start of a token."""
    for secret in [*hidden, "eyJ"]:
        found = text.find(secret)
        assert found < 0, f"…{text[max(0, found - 200) : found + 20]}…"
