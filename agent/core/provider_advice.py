"""Advice: what an operator does about a provider's HTTP status; the worker's logs and `doctor` say
the same."""

from __future__ import annotations

from typing import Final

AVATAR_ADVICE: Final = {
    400: "it did not like the request; check that LIVEKIT_PUBLIC_URL starts with wss://",
    401: "the key is not accepted; set BEYOND_PRESENCE_API_KEY to one from app.bey.chat",
    402: "the plan's minutes are used up; greetings go on by voice until it is topped up",
    403: "the key may not use this avatar; check BEYOND_PRESENCE_AVATAR_ID and the key's account",
    404: "there is no such avatar; check BEYOND_PRESENCE_AVATAR_ID",
    422: "its API has changed; the locked livekit-plugins-bey may be too old",
    429: "the plan's concurrent sessions are all in use; raise the plan or lower MAX_JOBS",
}
"""Beyond Presence's."""

PROVIDER_ADVICE: Final = {
    400: "it did not like the request; check the model's or the voice's name",
    401: "its key is not accepted; check DEEPGRAM_API_KEY and GOOGLE_API_KEY",
    402: "its credit is used up; top it up",
    403: "its key may not do this; check the key's project and its rights",
    404: "there is no such model or voice; check GEMINI_MODEL and VOICES",
    429: "its quota is used up or too many ask at once; raise the plan or lower MAX_JOBS",
}
"""Deepgram's and Gemini's."""
