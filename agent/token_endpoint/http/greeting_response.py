"""Build the response that lets a trainee join the room."""

from __future__ import annotations

from datetime import timedelta

from agent.core.job_metadata import JobMetadata, room_name_of
from agent.core.settings import EndpointSettings
from agent.room.contract import ATTRIBUTE_CLIENT, CLIENT_AVATAR_GREETING
from agent.scripts import introduction_of, welcome_for
from agent.token_endpoint.http.error_response import fallback_of
from agent.token_endpoint.http.schemas import GreetingResponse
from agent.token_endpoint.tokens import generate_livekit_token, trainee_identity


def greeting_response(
    settings: EndpointSettings, metadata: JobMetadata, *, client: str | None, rejoins: bool
) -> GreetingResponse:
    """Mint the room token of a session's trainee and return the response with it.

    Args:
        client: the client that sent the request. Only our own page's name reaches the worker.
        rejoins: trainee and agent have met.
    """
    room_name = room_name_of(metadata.session_id)
    token = generate_livekit_token(
        room_name,
        metadata.trainee.name,
        identity=trainee_identity(metadata.session_id),
        ttl=timedelta(seconds=settings.token_ttl_s),
        attributes={ATTRIBUTE_CLIENT: client} if client == CLIENT_AVATAR_GREETING else None,
        api_key=settings.livekit_api_key,
        api_secret=settings.livekit_api_secret.get_secret_value(),
    )
    welcome = welcome_for(metadata)
    return GreetingResponse(
        session_id=metadata.session_id,
        room_name=room_name,
        livekit_url=settings.public_url,
        livekit_token=token,
        server_url=settings.public_url,
        participant_token=token,
        fallback=fallback_of(welcome, metadata),
        introduction=introduction_of(welcome, poster_url=settings.poster_url),
        rejoins=rejoins,
    )
