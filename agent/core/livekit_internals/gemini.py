"""The Gemini plugin: connections, replies that are cut short, and thought signatures.

The import replaces `_requires_thought_signatures` of the plugin for the whole process.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final

import aiohttp
from google import genai
from google.genai import types
from livekit.agents import APIConnectionError
from livekit.plugins import google


def set_gemini_tts_timeout(
    voice: google.beta.GeminiTTS, access: Mapping[str, Any], timeout_ms: int
) -> None:
    """Give a Gemini voice a time limit for each request.

    The plugin has no option for it and waits without limit
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-plugins/livekit-plugins-google/livekit/plugins/google/beta/gemini_tts.py).
    The client would send the same limit to Google, which refuses less than 10 s with status 400.
    """
    options = types.HttpOptions(timeout=timeout_ms, headers={"X-Server-Timeout": "10"})
    voice._client = genai.Client(**access, http_options=options)


_IDLE_CONNECTION_S: Final = 120.0
"""As in livekit-agents' own session, which the other providers use."""


async def keep_idle_connections(model: google.LLM) -> None:
    """Let a Gemini model use a connection again that was idle for up to two minutes.

    google-genai 3.4 has aiohttp's default, 15 s, and no option for it. A line and the trainee's
    answer often take longer, so that the reply would wait for a new connection and for TLS: two to
    three round trips.
    """
    session = await model._client._api_client._get_aiohttp_session()
    connector = getattr(session, "connector", None)
    if isinstance(connector, aiohttp.TCPConnector):
        connector._keepalive_timeout = _IDLE_CONNECTION_S


class ReplyCutShortError(APIConnectionError):
    """The reply ended in the middle: the model has no tokens left, or the connection was lost."""

    def __init__(self) -> None:
        super().__init__("gemini: the reply was cut short", retryable=False)


class GeminiLLM(google.LLM):
    """The Gemini plugin's model. It raises `ReplyCutShortError` after such a reply.

    The plugin does not say why a reply ended
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-plugins/livekit-plugins-google/livekit/plugins/google/llm.py).

    It also continues function calls that it did not make.

    Gemini 3 and later refuse a function call without its thought signature. The plugin keeps only
    the signatures of its own model. It keeps none of a model with a name like
    `gemini-flash-latest` (https://github.com/livekit/agents/issues/6135). For other calls, Google
    documents a value that it accepts: https://ai.google.dev/gemini-api/docs/thought-signatures.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.own_calls: set[str] = set()
        """Ids of the function calls that this model has made."""
        self._thought_signatures = _Signatures(self.own_calls)
        models = self._client.aio.models
        models.generate_content_stream = _checked(models.generate_content_stream)  # type: ignore[method-assign]


def _checked(generate: Callable[..., Awaitable[AsyncIterator[Any]]]) -> Callable[..., Any]:
    """Raise an error at the end of a stream whose reply is not complete."""

    async def generate_checked(**request: Any) -> AsyncIterator[Any]:
        responses = await generate(**request)

        async def checked() -> AsyncIterator[Any]:
            reason = None
            async for response in responses:
                for candidate in response.candidates or ():
                    reason = candidate.finish_reason or reason
                yield response
            if reason in (None, types.FinishReason.MAX_TOKENS):
                raise ReplyCutShortError
            if reason not in (types.FinishReason.STOP, types.FinishReason.CONTINUATION):
                # Such as a function call that Gemini could not write: it is missing.
                raise APIConnectionError(f"gemini: {reason}", retryable=False)

        return checked()

    return generate_checked


class _Signatures(dict[str, bytes]):
    """Thought signatures by call id, with the documented value for calls of another model."""

    def __init__(self, own_calls: set[str]) -> None:
        super().__init__()
        self._own_calls = own_calls

    def __bool__(self) -> bool:
        return True  # the plugin ignores an empty dict

    def get(self, call_id: str, default: Any = None) -> Any:
        """Return the signature of a call. Of parallel calls, only the first one has a signature."""
        if call_id in self._own_calls:
            return super().get(call_id, default)
        return super().get(call_id, b"skip_thought_signature_validator")


def _requires_thought_signatures(model: str) -> bool:
    return re.search(r"gemini-[12]\.", model.lower()) is None or "gemini-2.5" in model.lower()


# The plugin decides by "gemini-3" or "gemini-2.5" in the name, which `gemini-flash-latest` lacks.
google.llm._requires_thought_signatures = _requires_thought_signatures
