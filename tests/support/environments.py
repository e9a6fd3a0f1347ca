"""Complete environments of the worker, the endpoint, and both, with made-up keys."""

from __future__ import annotations

WORKER = {
    "LIVEKIT_URL": "wss://x.livekit.cloud",
    "LIVEKIT_API_KEY": "key",
    "LIVEKIT_API_SECRET": "the-livekit-secret",
    "BEYOND_PRESENCE_API_KEY": "bey",
    "BEYOND_PRESENCE_AVATAR_ID": "avatar",
    "DEEPGRAM_API_KEY": "deepgram",
    "GOOGLE_API_KEY": "google",
}


ENDPOINT = {
    "LIVEKIT_URL": "ws://127.0.0.1:1",
    "LIVEKIT_API_KEY": "key",
    "LIVEKIT_API_SECRET": "secret-of-thirty-two-characters-or-more",
    "PLATFORM_API_KEY": "p" * 16,
    "OUTCOME_WEBHOOK_URL": "https://platform.example/outcomes",
    "OUTCOME_WEBHOOK_SECRET": "whsec_" + "QUJD" * 8,
}


BOTH_PARTS = frozenset({"worker", "endpoint"})
"""What `doctor` checks if it is not told otherwise."""


BOTH_SERVICES = {
    "LIVEKIT_URL": "wss://greeter.livekit.cloud",
    "LIVEKIT_API_KEY": "APIabcdef",
    "LIVEKIT_API_SECRET": "lk-secret-0123456789",
    "BEYOND_PRESENCE_API_KEY": "sk-0123456789",
    "BEYOND_PRESENCE_AVATAR_ID": "0b1c",
    "DEEPGRAM_API_KEY": "dg-0123456789",
    "GOOGLE_API_KEY": "AIza0123456789",
    "PLATFORM_API_KEY": "0123456789abcdef",
    "CORS_ALLOWED_ORIGINS": "https://app.example.com",
}


RECOGNITION = {"GOOGLE_API_KEY": "google", "DEEPGRAM_API_KEY": "deepgram"}
