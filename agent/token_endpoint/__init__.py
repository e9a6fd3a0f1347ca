"""The token endpoint: lets a trainee into their greeting, and sends for the greeter.

A process of its own (`python -m agent.token_endpoint`); it never imports `livekit.agents`.
`generate_livekit_token` lives in `agent.token_endpoint.tokens`.
"""
