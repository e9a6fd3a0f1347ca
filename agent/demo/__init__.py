"""`make demo`: the whole product on this machine, with stand-ins for the paid providers.

Nothing here runs in production. The demo starts the real worker and token endpoint with other
addresses. The tests use the same parts.

- `stage`: starts and ends all processes; `processes`, `livekit_server` and `page` help it.
- `stand_ins`: starts the process of `providers/`, which has one folder for each provider.
- `platform/`: the training platform that an integrator would have.
"""
