"""One Gemini model. Limits the time and length of its replies, and passes on only speech."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Final

from livekit.agents import APIConnectionError, APIConnectOptions, APIStatusError, llm
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, NotGivenOr
from livekit.agents.utils import is_given

from agent.core.livekit_internals.fallback import UnmeasuredLLMStream
from agent.core.livekit_internals.gemini import GeminiLLM, ReplyCutShortError, keep_idle_connections
from agent.core.log import logger
from agent.speech.continued_reply import said_before_calls
from agent.speech.gemini_thinking import is_off, thinking_of
from agent.speech.not_speech import NotSpeechError
from agent.speech.reply_check import ReplyCheck

CHUNK_TIMEOUT_S: Final = 4.5
"""Limit for the first part of a reply and for each pause in it."""
_REPLY_TIMEOUT_S: Final = 30.0
"""Limit for the whole reply. The client sends it to Google, which refuses less than 10 s with
status 400 ("Manually set deadline 5s is too short")."""
_MAX_OUTPUT_TOKENS: Final = 400
_MAX_OUTPUT_TOKENS_WITH_THOUGHTS: Final = 4_096
"""For models that think: thoughts count as output, and would leave no tokens for the reply."""
_MAX_CHARACTERS: Final = 900
"""A longer reply ends with its latest complete sentence; without one, the next model is asked. A
voice needs a minute for so many."""
_ATTEMPTS: Final = 2
"""How often a model is asked if its reply is not speech."""


class GeminiModel(llm.LLM[Any]):
    """One model with as little thinking as its family allows."""

    def __init__(self, *, model: str, access: Mapping[str, Any]) -> None:
        """Create the plugin's model with the result of `google_access`."""
        super().__init__()
        self.gemini = GeminiLLM(model=model, **access)
        self.gemini.on("metrics_collected", self._on_metrics)
        self.thinking = thinking_of(model)
        """None: the model's own default."""

    @property
    def model(self) -> str:
        return self.gemini.model

    @property
    def provider(self) -> str:
        return self.gemini.provider

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        parallel_tool_calls: NotGivenOr[bool] = NOT_GIVEN,
        tool_choice: NotGivenOr[llm.ToolChoice] = NOT_GIVEN,
        extra_kwargs: NotGivenOr[dict[str, Any]] = NOT_GIVEN,
    ) -> llm.LLMStream:
        options = dict(extra_kwargs) if is_given(extra_kwargs) else {}
        return _Reply(
            self,
            chat_ctx=chat_ctx,
            tools=tools or [],
            conn_options=conn_options,
            tool_choice=tool_choice,
            options=options,
        )

    @property
    def request_options(self) -> dict[str, Any]:
        """The options of a request: thinking, and how long a reply may be."""
        if self.thinking is None:
            return {"max_output_tokens": _MAX_OUTPUT_TOKENS_WITH_THOUGHTS}
        tokens = _MAX_OUTPUT_TOKENS if is_off(self.thinking) else _MAX_OUTPUT_TOKENS_WITH_THOUGHTS
        return {"thinking_config": self.thinking, "max_output_tokens": tokens}

    def think_by_default(self) -> None:
        """Leave the thinking settings out from now on, because the model refuses them."""
        self.thinking = None
        logger.warning(
            "the model refuses its thinking settings; continuing without them. If replies are "
            "slow, change GEMINI_MODEL or GEMINI_FALLBACK_MODEL",
            extra={"event": "thinking_settings_refused", "model": self.model},
        )

    async def _prewarm_impl(self) -> None:
        await keep_idle_connections(self.gemini)
        self.gemini.prewarm()

    async def aclose(self) -> None:
        await super().aclose()
        await self.gemini.aclose()

    def _on_metrics(self, *args: Any, **kwargs: Any) -> None:
        self.emit("metrics_collected", *args, **kwargs)


class _Reply(UnmeasuredLLMStream):
    """One reply. If the first attempt is not speech, ask once more."""

    def __init__(
        self,
        model: GeminiModel,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool],
        conn_options: APIConnectOptions,
        tool_choice: NotGivenOr[llm.ToolChoice],
        options: dict[str, Any],
    ) -> None:
        super().__init__(model, chat_ctx=chat_ctx, tools=tools, conn_options=conn_options)
        self._model = model
        self._tool_choice = tool_choice
        self._options = options
        self._passed_on = 0
        """Characters and function calls of this reply that have been passed on."""
        self._cut_short = False
        """True if the model could not finish this attempt."""

    async def _run(self) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                await self._with_thinking_settings()
                return
            except NotSpeechError:
                logger.warning(
                    "the model wrote no speech, but for example code or its instructions; asking "
                    "again, then the fallback model. If this repeats, change GEMINI_MODEL",
                    extra={"event": "reply_not_speech", "model": self._model.model},
                )
                if self._passed_on or attempt == _ATTEMPTS:
                    raise APIConnectionError("gemini: not speech", retryable=False) from None
            except TimeoutError:
                raise APIConnectionError("gemini: no answer in time", retryable=False) from None

    async def _with_thinking_settings(self) -> None:
        thinking = self._model.thinking
        try:
            await self._attempt()
        except APIStatusError as e:
            if e.status_code != 400 or thinking is None or self._passed_on:
                raise
            # Google's message may be "Request contains an invalid argument." for any reason.
            self._model.thinking = None
            try:
                await self._attempt()
            except BaseException:  # cancelled, too: whether the settings were the reason is unknown
                self._model.thinking = thinking
                raise
            self._model.think_by_default()

    async def _attempt(self) -> None:
        """Ask the model once, and pass on the speech of its reply while it comes."""
        check = ReplyCheck(
            _instructions(self.chat_ctx),
            [tool.id for tool in self.tools],
            said_before_calls(self.chat_ctx),
        )
        characters = 0
        last_id = ""
        async with aclosing(self._chunks()) as chunks:
            async for chunk in chunks:
                last_id = chunk.id or last_id
                if chunk.delta and chunk.delta.tool_calls and self._tool_choice == "none":
                    # The session would ignore the call, and the trainee would hear nothing.
                    raise APIConnectionError("gemini: calls a function again", retryable=False)
                content = chunk.delta.content if chunk.delta else None
                if chunk.delta is None or not content:
                    self._pass_on(chunk)
                    continue
                characters += len(content)
                text = check.add(content)
                if text or chunk.delta.tool_calls:
                    delta = chunk.delta.model_copy(update={"content": text or None})
                    self._pass_on(chunk.model_copy(update={"delta": delta}))
                if check.is_over:
                    break
                if characters > _MAX_CHARACTERS:
                    if check.has_sentence:
                        return
                    self._cut_short = True
                    break
        self._end(check, last_id)

    def _end(self, check: ReplyCheck, chunk_id: str) -> None:
        """Pass on the rest of the reply; raise an error if it had no speech, or no sentence."""
        ends_sentence = check.ends_sentence
        if rest := check.end(cut_short=self._cut_short):
            delta = llm.ChoiceDelta(role="assistant", content=rest)
            self._pass_on(llm.ChatChunk(id=chunk_id, delta=delta))
        if self._passed_on == 0 and not (self._cut_short or check.has_repetition):
            raise NotSpeechError  # only symbols
        if self._cut_short and not (ends_sentence and self._passed_on):
            logger.warning(
                "the model did not finish its reply; leaving out its incomplete sentence. If this "
                "repeats, change GEMINI_MODEL",
                extra={"event": "reply_cut_short", "model": self._model.model},
            )
            if not check.has_sentence:
                raise ReplyCutShortError

    async def _chunks(self) -> AsyncGenerator[llm.ChatChunk, None]:
        self._cut_short = False
        async with (
            asyncio.timeout(_REPLY_TIMEOUT_S),
            self._model.gemini.chat(
                chat_ctx=self.chat_ctx,
                tools=self.tools,
                conn_options=APIConnectOptions(max_retry=0, timeout=_REPLY_TIMEOUT_S),
                tool_choice=self._tool_choice,
                extra_kwargs=self._model.request_options | self._options,
            ) as stream,
        ):
            while True:
                try:
                    async with asyncio.timeout(CHUNK_TIMEOUT_S):
                        chunk = await anext(stream, None)
                except ReplyCutShortError:
                    self._cut_short = True
                    return
                if chunk is None:
                    return
                yield chunk

    def _pass_on(self, chunk: llm.ChatChunk) -> None:
        if chunk.delta:
            self._passed_on += len(chunk.delta.content or "") + len(chunk.delta.tool_calls)
            self._model.gemini.own_calls.update(call.call_id for call in chunk.delta.tool_calls)
        self._event_ch.send_nowait(chunk)


def _instructions(chat_ctx: llm.ChatContext) -> str:
    return "\n\n".join(
        item.text_content or ""
        for item in chat_ctx.items
        if item.type == "message" and item.role == "system"
    )
