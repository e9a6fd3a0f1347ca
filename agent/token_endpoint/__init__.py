"""The token endpoint: starts greetings and lets trainees join them.

It is a process of its own (`python -m agent.token_endpoint`) and never imports `livekit.agents`.

- `app.py`: what the endpoint consists of; `greetings.py`: starting and ending a greeting.
- `auth/`: who is calling. `http/`: routes, bodies, errors, middleware.
- `supervision/`: repairs dispatches and removes orphaned avatars.
- `tokens.py`: `generate_livekit_token`.
"""
