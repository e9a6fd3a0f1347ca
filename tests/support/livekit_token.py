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
