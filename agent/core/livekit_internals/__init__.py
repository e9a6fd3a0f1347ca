"""Every private attribute of LiveKit's packages that the worker uses.

`gemini`, `deepgram` and `fallback` have those of the providers, `turns` and `room` those of a
session, `worker` those of the worker process, and `native` those of the SDK's native library. Each
has its reason, and `tests/unit/test_livekit_internals.py` fails if the locked version (1.8.9) no
longer has it. No other module touches a private attribute of these packages, except the three that
livekit-agents expects in every provider: `_run`, `_event_ch` and `_prewarm_impl`.
"""
