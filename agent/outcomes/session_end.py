"""Record in the store that a greeting has ended, and whether its session may be greeted again.

The worker and the token endpoint share the store, so the endpoint reads the end there: a session
that ended on purpose is answered 409 `session_ended`; after an end with a reason of
`end_reasons.RESTARTABLE` the next request starts a new greeting.
"""

from __future__ import annotations

import asyncio
from typing import Final

from agent.core.end_reasons import RESTARTABLE
from agent.core.errors import StoreError
from agent.core.log import logger
from agent.store import Store
from agent.telemetry.shared_metrics import STORE_ERRORS

_TIMEOUT_S: Final = 2.0


async def record_session_end(
    store: Store | None, *, session_id: str, room_sid: str, reason: str
) -> None:
    """Record the end of a greeting. A failure is logged, never raised.

    Args:
        store: None if it could not be opened; the log has the cause already.
        room_sid: the room of the greeting. If the session runs in a newer room, nothing changes.
        reason: one of `end_reasons`.
    """
    if store is None:
        return
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            if reason in RESTARTABLE:
                await store.forget_phase(session_id, room_sid=room_sid)
            else:
                await store.end(session_id, reason, room_sid=room_sid)
    except (StoreError, TimeoutError) as e:
        STORE_ERRORS.labels("session_end").inc()
        logger.warning(
            "could not record the end of the session; the endpoint will treat it as ended when "
            "its room is gone; check that the worker reaches the store (REDIS_URL or STATE_DIR)",
            extra={
                "event": "session_end_not_recorded",
                "reason": reason,
                "error": str(e) or type(e).__name__,
            },
        )
