"""Reject fields that only the server may set, unless they equal the server's own value.

Known fields are those of LiveKit's TokenSource, the platform's and our own. An unknown field (a
grant, a misspelt name, an option of a later TokenSource) would have no effect, so it is rejected by
name. Empty values are accepted, so that a client may send every field it knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from agent.core.job_metadata import room_name_of
from agent.core.plain_text import one_line
from agent.token_endpoint.errors import ApiError
from agent.token_endpoint.http.schemas import GreetingRequest
from agent.token_endpoint.platform_fields import PlatformFields, snake_case
from agent.token_endpoint.tokens import trainee_identity

_PLATFORM_ONLY = (*PlatformFields.model_fields, "restart", "join_timeout_s")

_DEFAULT_RESTART_POLICY = ("restart_policy", "JRP_ON_FAILURE")
"""Protobuf's JSON may contain this default; its other defaults are empty values."""
_NAMES_MAX = 20  # field names in one error
_NAME_MAX = 64  # characters of one field name in the error


def reject_foreign_fields(
    request: GreetingRequest, session_id: str, *, agent_name: str, from_browser: bool
) -> None:
    """Reject a request that sets fields the caller may not set.

    Raises:
        ApiError: `field_not_allowed`, with the names of the fields.
    """
    found = sorted(_foreign_fields(request, session_id, agent_name))
    if from_browser:
        found += [name for name in _PLATFORM_ONLY if _is_set(getattr(request, name))]
    if found:
        names = [one_line(name, _NAME_MAX) for name in dict.fromkeys(found)][:_NAMES_MAX]
        raise ApiError("field_not_allowed", "this caller may not set: " + ", ".join(names))


def _foreign_fields(request: GreetingRequest, session_id: str, agent_name: str) -> Iterator[str]:
    room = room_name_of(session_id)
    if request.room_name not in (None, "", room):
        yield "room_name"
    if request.participant_identity not in (None, "", trainee_identity(session_id)):
        yield "participant_identity"
    if request.participant_metadata:
        yield "participant_metadata"
    if request.participant_attributes:
        yield "participant_attributes"
    for name, value in _set_fields(request.room_config):
        if name == "agents":
            yield from _foreign_agent_fields(value, agent_name)
        elif not (name == "name" and value == room):
            yield f"room_config.{name}"
    server_values = {
        "agent_name": agent_name,
        "identity": trainee_identity(session_id),
        "room": room,
        "session_id": session_id,
    }
    for name, value in _set_fields(request.model_extra):
        if name not in server_values or str(value) != server_values[name]:
            yield name


def _foreign_agent_fields(agents: Any, agent_name: str) -> Iterator[str]:
    if not isinstance(agents, list) or len(agents) > 1 or not isinstance(agents[0], dict):
        yield "room_config.agents"
        return
    for name, value in _set_fields(agents[0]):
        if (name, value) not in (("agent_name", agent_name), _DEFAULT_RESTART_POLICY):
            yield f"room_config.agents.{name}"


def _is_set(value: Any) -> bool:
    """Return whether a field, or one of its own fields, has a value that is not empty."""
    if isinstance(value, BaseModel):
        value = value.model_dump()
    if isinstance(value, Mapping):
        return any(map(_is_set, value.values()))
    return bool(value)


def _set_fields(fields: Mapping[str, Any] | None) -> Iterator[tuple[str, Any]]:
    """Yield the fields with a value; protobuf's empty values mean none."""
    return ((snake_case(name), value) for name, value in (fields or {}).items() if value)
