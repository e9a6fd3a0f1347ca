"""Rate limits for starting and ending greetings, and for feedback.

Only authenticated, valid requests count. The store counts them: with Redis all replicas share the
counts; with SQLite there is one endpoint process, which counts in memory.
"""

from __future__ import annotations

import hashlib
import time
from typing import Literal

from agent.core.settings import EndpointSettings
from agent.core.settings.field_types import Rate
from agent.store import Limit
from agent.token_endpoint.auth.authenticate import Caller, Role


def limit_at(now: float, rate: Rate, key: str, what: str) -> Limit:
    """Return the limit for a key, with the window of a Unix time."""
    window, into_s = divmod(now, rate.window_s)
    return Limit(key, what, rate.amount, rate.window_s, int(window), into_s / rate.window_s)


def limits_of(
    settings: EndpointSettings,
    what: Literal["start", "end", "feedback"],
    session_id: str,
    caller: Caller,
    trainee_id: str = "",
) -> list[Limit]:
    """Return the limits of one request; `Store.start` and `Store.count` count it.

    Args:
        what: each kind of request has counts of its own: an end saves money.
        trainee_id: the platform's id; without one there is no limit per trainee.
    """
    asked = [(settings.rate_limit_session, f"{what}/{session_id}", "this session")]
    if trainee_id:
        # Only a hash is stored: the id is personal data.
        hashed = hashlib.sha256(trainee_id.encode(errors="replace")).hexdigest()[:32]
        asked.append((settings.rate_limit_trainee, f"trainee/{hashed}", "this trainee"))
    if caller.role is Role.BACKEND:
        asked.append((settings.rate_limit_backend, f"backend/{what}", "X-API-Key"))
    now = time.time()
    return [limit_at(now, rate, key, whose) for rate, key, whose in asked if rate]
