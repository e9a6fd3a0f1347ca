"""What an operator should do about the HTTP status of a provider (worker log and `doctor`)."""

from __future__ import annotations

from typing import Final

AVATAR_ADVICE: Final = {
    400: "it rejected the request; check that LIVEKIT_PUBLIC_URL starts with wss://",
    401: "it does not accept the key; set BEYOND_PRESENCE_API_KEY to a key from app.bey.chat",
    402: "the plan's minutes are used up; greetings continue by voice until you buy more",
    403: "the key may not use this avatar; check BEYOND_PRESENCE_AVATAR_ID and the key's account",
    404: "the avatar does not exist; check BEYOND_PRESENCE_AVATAR_ID",
    422: "its API has changed; update livekit-plugins-bey",
    429: "all concurrent sessions of the plan are in use; upgrade the plan or lower MAX_JOBS",
}
"""For Beyond Presence."""

PROVIDER_ADVICE: Final = {
    400: "it rejected the request; check the key (Gemini answers so to a wrong one), and the names "
    "of the model and the voice",
    401: "it does not accept the key; check DEEPGRAM_API_KEY and GOOGLE_API_KEY",
    402: "its credit is used up; buy more",
    403: "the key does not have permission; check the key's project and permissions",
    404: "the model or the voice does not exist; check GEMINI_MODEL and VOICES",
    429: "the quota or the rate limit is reached; upgrade the plan or lower MAX_JOBS",
}
"""For Deepgram and Gemini."""
