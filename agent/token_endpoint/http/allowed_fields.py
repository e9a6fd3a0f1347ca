"""What a caller may not choose: refused by name, unless it is what they would get anyway.

Only what is known is let through: LiveKit's TokenSource fields, the platform's, and our own. A
field nobody here knows (a grant, a permission, a misspelt name, an option of a later TokenSource)
would have no effect, and whoever sets it is told so. Empty values say nothing and are never
refused, so that a client may send every field it knows of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from agent.core.job_metadata import room_name_of
from agent.token_endpoint.errors import ApiError
from agent.token_endpoint.http.schemas import GreetingRequest, PlatformFields, snake_case
from agent.token_endpoint.tokens import trainee_identity

_PLATFORM_ONLY = (*PlatformFields.model_fields, "restart")

_DEFAULT_RESTART = ("restart_policy", "JRP_ON_FAILURE")
"""Protobuf's JSON may spell out this default; the others are empty values."""
_NAMED_MAX = 20
_NAME_MAX = 64  # characters of a field's name in our answer


def reject_foreign_fields(
    request: GreetingRequest, session_id: str, *, agent_name: str, from_browser: bool
) -> None:
    """Refuse a request that chooses what is not the caller's.

    Raises:
        ApiError: `field_not_allowed`, naming the fields.
    """
    found = sorted(_foreign(request, session_id, agent_name))
    if from_browser:
        found += [name for name in _PLATFORM_ONLY if _says(getattr(request, name))]
    if found:
        names = [name[:_NAME_MAX] for name in dict.fromkeys(found)][:_NAMED_MAX]
        raise ApiError("field_not_allowed", "this caller may not choose: " + ", ".join(names))


def _foreign(request: GreetingRequest, session_id: str, agent_name: str) -> Iterator[str]:
    room = room_name_of(session_id)
    if request.room_name not in (None, "", room):
        yield "room_name"
    if request.participant_identity not in (None, "", trainee_identity(session_id)):
        yield "participant_identity"
    if request.participant_metadata:
        yield "participant_metadata"
    if request.participant_attributes:
        yield "participant_attributes"
    for name, value in _chosen(request.room_config):
        if name == "agents":
            yield from _foreign_agents(value, agent_name)
        elif not (name == "name" and value == room):
            yield f"room_config.{name}"
    extra = request.model_extra or {}
    anyway = {
        "agent_name": agent_name,
        "identity": trainee_identity(session_id),
        "room": room,
        "session_id": session_id,
    }
    for name, value in _chosen(extra):
        if name not in anyway or str(value) != anyway[name]:
            yield name


def _foreign_agents(agents: Any, agent_name: str) -> Iterator[str]:
    if not isinstance(agents, list) or len(agents) > 1 or not isinstance(agents[0], dict):
        yield "room_config.agents"
        return
    for name, value in _chosen(agents[0]):
        if (name, value) not in (("agent_name", agent_name), _DEFAULT_RESTART):
            yield f"room_config.agents.{name}"


def _says(value: Any) -> bool:
    """Whether a field of the platform's says anything, itself or in any of its own fields."""
    if isinstance(value, BaseModel):
        value = value.model_dump()
    if isinstance(value, Mapping):
        return any(map(_says, value.values()))
    return bool(value)


def _chosen(fields: Mapping[str, Any] | None) -> Iterator[tuple[str, Any]]:
    """The fields that say something: protobuf's empty values are the same as none."""
    return ((snake_case(name), value) for name, value in (fields or {}).items() if value)
