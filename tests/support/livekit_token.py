"""LiveKit tokens for the participants that tests bring along."""

from __future__ import annotations

from livekit import api

from agent.demo.livekit_server import LiveKitServer


def trainee_token(
    server: LiveKitServer, room: str, *, identity: str = "trainee", name: str = ""
) -> str:
    """Mint a token with which a trainee joins one room, without our endpoint."""
    token = api.AccessToken(server.api_key, server.api_secret).with_identity(identity)
    if name:
        token = token.with_name(name)
    return token.with_grants(api.VideoGrants(room_join=True, room=room)).to_jwt()


def participant_token(
    server: LiveKitServer, room: str, identity: str, *, speaks_for: str | None = None
) -> str:
    """A trainee's token; with `speaks_for`, an avatar's."""
    made = (
        api.AccessToken(server.api_key, server.api_secret)
        .with_identity(identity)
        .with_grants(api.VideoGrants(room_join=True, room=room))
    )
    if speaks_for is not None:
        made = made.with_kind("agent").with_attributes({"lk.publish_on_behalf": speaks_for})
    return made.to_jwt()


def agent_token(server: LiveKitServer, room: str) -> str:
    return (
        api.AccessToken(server.api_key, server.api_secret)
        .with_identity("agent")
        .with_kind("agent")
        .with_grants(api.VideoGrants(room_join=True, room=room))
        .to_jwt()
    )
