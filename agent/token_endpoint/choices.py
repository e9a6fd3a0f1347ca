"""What a caller may not choose: refused by name, unless it is what they would get anyway."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agent.job_metadata import room_name_of
from agent.token_endpoint.refusals import Refused
from agent.token_endpoint.schemas import GreetingRequest, PlatformFields, snake_case
from agent.token_endpoint.tokens import trainee_identity

_PLATFORM_ONLY = (*PlatformFields.model_fields, "restart")

_OURS = frozenset(
    "agent agent_metadata agent_name agents attributes deployment egress grants identity kind "
    "livekit_token livekit_url metadata participant_permission participant_token permission "
    "permissions room room_preset server_url sip ttl video video_grants".split()
)
"""Names under which a client might try to choose what is ours; any other unknown one is ignored."""


def refuse_foreign_choices(
    request: GreetingRequest, session_id: str, *, agent_name: str, from_browser: bool
) -> None:
    """Refuse a request that chooses what is not the caller's.

    Raises:
        Refused: `field_not_allowed`, naming the fields.
    """
    found = sorted(_foreign(request, session_id, agent_name))
    if from_browser:
        found += [f for f in _PLATFORM_ONLY if getattr(request, f) not in (None, False)]
    if found:
        raise Refused(
            "field_not_allowed", "this caller may not choose: " + ", ".join(dict.fromkeys(found))
        )


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
    yield from (name for name, _ in _chosen(extra) if name in _OURS)
    if str(extra.get("session_id") or session_id) != session_id:
        yield "session_id"


def _foreign_agents(agents: Any, agent_name: str) -> Iterator[str]:
    if not isinstance(agents, list) or len(agents) > 1 or not isinstance(agents[0], dict):
        yield "room_config.agents"
        return
    for name, value in _chosen(agents[0]):
        if not (name == "agent_name" and value == agent_name):
            yield f"room_config.agents.{name}"


def _chosen(fields: Mapping[str, Any] | None) -> Iterator[tuple[str, Any]]:
    """The fields that say something: protobuf's empty values are the same as none."""
    return ((snake_case(name), value) for name, value in (fields or {}).items() if value)
