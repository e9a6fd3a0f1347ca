"""The fallback adapters of models and voices.

The import replaces `_try_recovery` of `FallbackLLMStream` and of `FallbackSynthesizeStream` for the
whole process.
"""

from __future__ import annotations

import time
from abc import ABC
from collections.abc import AsyncIterable, Iterator
from typing import Any, Final
from weakref import WeakKeyDictionary

from livekit.agents import APIConnectOptions, llm, tts
from livekit.agents.llm.fallback_adapter import FallbackLLMStream
from livekit.agents.tts.fallback_adapter import (
    DEFAULT_FALLBACK_API_CONNECT_OPTIONS,
    FallbackSynthesizeStream,
)


class FallbackLLM(llm.FallbackAdapter):
    """The fallback adapter, which tries every model before it fails.

    The plain one skips a model that has failed before, also if all others fail now
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-agents/livekit/agents/llm/fallback_adapter.py).
    """

    def _llm_order(self) -> Iterator[int]:  # type: ignore[override]
        order = super()._llm_order()
        skipped = [i for i in order if not self._status[i].available]
        yield from order
        if len(skipped) < len(order):  # otherwise, all have just been tried
            for i in skipped:
                self._status[i].available = True
                yield i


class FallbackTTS(tts.FallbackAdapter):
    """The fallback adapter of voices, which reports each failure of a voice in use.

    The plain one tries voices that have failed before if all have, but never reports that they fail
    again. The rest of a line would be lost without a sign
    (https://github.com/livekit/agents/blob/livekit-agents%401.8.9/livekit-agents/livekit/agents/tts/fallback_adapter.py).
    """

    def stream(
        self, *, conn_options: APIConnectOptions = DEFAULT_FALLBACK_API_CONNECT_OPTIONS
    ) -> FallbackSynthesizeStream:
        if not any(status.available for status in self._status):
            for status in self._status:
                status.available = True
        return super().stream(conn_options=conn_options)


class UnmeasuredLLMStream(llm.LLMStream, ABC):
    """A stream that wraps the stream of another model, and adds no spans or metrics.

    livekit-agents' own FallbackAdapter sets the same attributes for the same reason.
    """

    _llm_request_span_name = "llm_checked"
    _llm_attempt_span_name = None
    _genai_operation_name = None

    async def _metrics_monitor_task(self, event_aiter: AsyncIterable[llm.ChatChunk]) -> None:
        async for _ in event_aiter:
            pass


_PROBE_EVERY_S: Final = 15.0
_next_probe_at: Final[WeakKeyDictionary[object, float]] = WeakKeyDictionary()


def may_probe(provider: object) -> bool:
    """Return True if a failed provider may be tried again now: after a while, then at intervals."""
    now = time.monotonic()
    if now < _next_probe_at.setdefault(provider, now + _PROBE_EVERY_S):
        return False
    _next_probe_at[provider] = now + _PROBE_EVERY_S
    return True


def _limit_probes(stream: Any) -> None:
    """Let the streams of a fallback adapter try a failed provider only if `may_probe` allows it.

    The adapters repeat every request at every failed provider and have no option for it. That
    doubles calls and costs while a provider is down
    (https://github.com/livekit/agents/issues/4464).
    """
    try_recovery = stream._try_recovery

    def limited(self: object, provider: object) -> None:
        if may_probe(provider):
            try_recovery(self, provider)

    stream._try_recovery = limited


_limit_probes(FallbackLLMStream)
_limit_probes(FallbackSynthesizeStream)
