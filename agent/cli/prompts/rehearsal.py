"""The conversations of `prompts rehearse`: the agent of the product talks with scripted trainees.

Script, functions, answers and instructions are those of a greeting; only room and voices are
missing. Without a key for Gemini, the demo's stand-in answers.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from livekit.agents import APIError, FunctionToolsExecutedEvent, llm

from agent.cli.prompts.arguments import SAMPLE_NAME, Target
from agent.cli.prompts.trainees import (
    LANGUAGES,
    ScriptedTrainee,
    content_words,
    fact_questions,
    right_value,
    said,
    wrong_value,
)
from agent.conversation.answers import ACCEPTED
from agent.conversation.conversation import Conversation
from agent.conversation.function_tools import RECORD
from agent.conversation.state import GreetingState
from agent.core.errors import ScriptError
from agent.core.events import ClosingRequested, LineAdded
from agent.core.job_metadata import JobMetadata
from agent.core.locales import language_of
from agent.core.records import Answer
from agent.core.settings import LlmSettings
from agent.scripts import Question, RenderedScript
from agent.scripts.schema import Value
from agent.scripts.selection import DEFAULT_SCRIPT
from agent.speech.models import build_llm

_BASE_URL = "GOOGLE_GEMINI_BASE_URL"
_REPLY_TIMEOUT_S = 30.0
_AT_ONCE = 3
"""Conversations at the same time; more may exceed the rate limit of a key."""
_TRIES = 2
"""How often a trainee answers the same question."""
_USED_SHARE = 0.5
"""A line uses a fact if it has this part of the fact's words."""


@dataclass(frozen=True)
class Entry:
    """One line of a transcript, one call of a function, or one note."""

    who: Literal["trainee", "guide", "call", "refused", "note"]
    text: str
    locale: str = "en"
    """The language of the text."""


@dataclass(frozen=True)
class Asked:
    """A question of the trainee, with the reply."""

    question: str
    reply: str
    about: int | None
    """The index of the fact that it asks about; None for another question."""
    used: frozenset[int]
    """Indices of the facts that the reply uses."""

    @property
    def is_answered(self) -> bool:
        """Whether the reply uses the fact, or any fact."""
        return bool(self.used) if self.about is None else self.about in self.used


@dataclass
class RehearsalRecord:
    """The conversation with one trainee."""

    trainee: ScriptedTrainee
    first: RenderedScript
    """The script at the start; the trainee may switch to another locale of it."""
    entries: list[Entry] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    meant: dict[str, Value] = field(default_factory=dict)
    """The values that the trainee's answers stand for; of text, the words."""
    asked: list[Asked] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    """Indices of the facts that the agent has used in the language of the start."""
    over: bool = False
    """The agent has ended the conversation, or the model has failed."""
    failure: str = ""
    """Why the model did not answer."""

    @property
    def unanswered(self) -> list[Asked]:
        """Questions whose reply does not use a fact."""
        return [asked for asked in self.asked if not asked.is_answered]

    @property
    def refused(self) -> list[str]:
        """Calls that the functions have refused."""
        return [entry.text for entry in self.entries if entry.who == "refused"]


async def rehearse(
    target: Target, locale: str, trainees: Sequence[ScriptedTrainee]
) -> tuple[list[RehearsalRecord], bool]:
    """Let the trainees talk with the agent.

    Returns:
        The conversations in the order of the trainees, and whether the stand-in was the model.

    Raises:
        ConfigError: a setting of the model is wrong.
        ScriptError: the script cannot be filled, or no model answers.
    """
    logging.getLogger("livekit.agents").setLevel(logging.CRITICAL)
    limit = asyncio.Semaphore(_AT_ONCE)
    async with _model() as (answering, is_stand_in):

        async def one(trainee: ScriptedTrainee) -> RehearsalRecord:
            async with limit:
                return await _Rehearsal(answering, target, locale, trainee).run()

        records = list(await asyncio.gather(*map(one, trainees)))
    if all(record.failure for record in records):
        raise ScriptError(f"Gemini does not answer ({records[0].failure}): check it with doctor")
    return records, is_stand_in


@asynccontextmanager
async def _model() -> AsyncIterator[tuple[llm.LLM[Any], bool]]:
    """Yield the configured model, or the demo's stand-in; and whether it is the stand-in.

    Raises:
        ConfigError: a setting of the model is wrong.
        ScriptError: there is no key, and the demo is not installed.
    """
    if os.environ.get("GOOGLE_API_KEY") or os.environ.get("GOOGLE_GENAI_USE_VERTEXAI"):
        yield build_llm(LlmSettings.from_env(os.environ)), False
        return
    try:
        # By name: the demo is a layer above this one, and its extra may not be installed.
        gemini: Any = importlib.import_module("agent.demo.providers.gemini.api")
    except ImportError as e:
        raise ScriptError(
            "no model here: set GOOGLE_API_KEY, or run it with `uv run --extra demo`"
        ) from e
    before = os.environ.get(_BASE_URL)
    async with gemini.serve_gemini() as url:
        os.environ[_BASE_URL] = url  # Google's client reads it
        try:
            yield build_llm(LlmSettings.from_env({"GOOGLE_API_KEY": "stand-in"})), True
        finally:
            del os.environ[_BASE_URL]
            if before is not None:
                os.environ[_BASE_URL] = before


class _Rehearsal:
    """The conversation with one trainee."""

    def __init__(
        self, answering: llm.LLM[Any], target: Target, locale: str, trainee: ScriptedTrainee
    ) -> None:
        files = target.library.scripts[target.name]
        # Nothing but this script can be selected, whatever it is called.
        scripts = {target.name: files, DEFAULT_SCRIPT: files}
        metadata = {"trainee": {"name": SAMPLE_NAME}, "locale": locale}
        self._state = GreetingState(
            metadata=JobMetadata.model_validate(metadata),
            library=replace(target.library, scripts=scripts),
        )
        self._conversation = Conversation(answering, self._state, None)
        self._conversation.session.on("function_tools_executed", self._on_calls)
        self._record = RehearsalRecord(trainee, self._state.script)
        self._language = language_of(locale)
        self._state.events.on(LineAdded, self._on_line)
        self._state.events.on(ClosingRequested, self._on_closing)

    async def run(self) -> RehearsalRecord:
        """Hold the conversation, from the opening to the closing line."""
        record = self._record
        async with self._conversation.session as session:
            await session.start(self._conversation.agent, record=False)
            await self._conversation.lines.say(self._state.script.opening)
            for turn in record.trainee.turns:
                if not record.over:
                    await self._take(turn)
            if not record.over:
                await self._say(LANGUAGES[self._language]["no questions"])
            if record.failure:
                self._note(f"The model did not answer ({record.failure}).")
                await self._conversation.lines.say(self._state.script.apology)
            elif record.over:
                await self._conversation.lines.say(self._state.script.closing)
            else:
                self._note("The trainee presses Continue.")
        record.answers = dict(self._state.answers.given)
        return record

    async def _take(self, turn: str) -> None:
        """Take one turn of the trainee."""
        match turn:
            case "answer":
                await self._answer()
            case "answers":
                while not self._record.over and await self._answer():
                    pass
            case "corrections":
                while not self._record.over and await self._answer(corrects=True):
                    pass
            case "facts":
                asked = fact_questions(self._state.script.facts, self._language)
                for about, question in enumerate(asked):
                    if not self._record.over:
                        await self._say(question, about)
            case "silence":
                self._note(f"{self._silence} The agent checks in.")
                await self._conversation.lines.say(self._state.script.check_in)
            case "end by silence":
                self._note(f"{self._silence} The agent ends the conversation.")
                self._record.over = True
            case "switch":
                await self._switch()
            case _:
                await self._say(LANGUAGES[self._language][turn])

    @property
    def _silence(self) -> str:
        return f"{self._state.script.limits.idle_seconds} s of silence (not waited for here)."

    async def _answer(self, *, corrects: bool = False) -> bool:
        """Answer the open question; False if none is open, or the answer is not recorded.

        Args:
            corrects: give a wrong answer first.
        """
        question = self._state.answers.next_open()
        if question is None:
            return False
        number = self._record.trainee.number
        self._record.meant[question.id] = value = right_value(question, number)
        answer = said(question, value, self._language)
        lines = [answer] * _TRIES
        if corrects:
            correction = LANGUAGES[self._language]["correction"].format(answer=answer)
            lines = [said(question, wrong_value(question, number), self._language), correction]
        for line in lines:
            if not self._record.over and (corrects or self._is_open(question)):
                await self._say(line[0].upper() + line[1:])
        return not self._is_open(question)

    async def _switch(self) -> None:
        """Ask for another language: one of the script, if it has another."""
        others = [tag for tag in LANGUAGES if tag != self._language]
        have = [language_of(tag) for tag in self._state.script.locales]
        asked = next((tag for tag in others if tag in have), others[0])
        await self._say(LANGUAGES[asked]["switch"])
        self._language = language_of(self._state.script.locale)

    def _is_open(self, question: Question) -> bool:
        given = self._state.answers.given.get(question.id)
        return given is not None and given.status == "open"

    async def _say(self, line: str, about: int | None = None) -> None:
        """Say a line of the trainee, and wait for the reply.

        Args:
            about: the index of the fact that the line asks about.
        """
        begins = len(self._record.entries)
        try:
            async with asyncio.timeout(_REPLY_TIMEOUT_S):
                await self._conversation.session.run(user_input=line)
        except (APIError, TimeoutError) as e:
            self._record.failure = str(getattr(e, "status_code", None) or type(e).__name__)
            self._record.over = True
        entries = self._record.entries[begins:]
        reply = " ".join(entry.text for entry in entries if entry.who == "guide")
        facts = list(map(content_words, self._state.script.facts))
        spoken = content_words(reply)
        used = {i for i, fact in enumerate(facts) if len(fact & spoken) >= _USED_SHARE * len(fact)}
        if self._state.script.locale == self._record.first.locale:
            self._record.used |= used
        if used:
            numbers = ", ".join(str(i + 1) for i in sorted(used))
            self._note(f"The reply uses fact {numbers}.")
        if line.endswith("?") and not any(entry.who == "call" for entry in entries):
            self._record.asked.append(Asked(line, reply, about, frozenset(used)))

    def _note(self, text: str) -> None:
        self._record.entries.append(Entry("note", text))

    def _on_line(self, event: LineAdded) -> None:
        self._record.entries.append(
            Entry(event.line.who, event.line.text, self._state.script.locale)
        )

    def _on_closing(self, _: ClosingRequested) -> None:
        self._record.over = True

    def _on_calls(self, event: FunctionToolsExecutedEvent) -> None:
        for call, output in event.zipped():
            arguments = json.loads(call.arguments or "{}")
            values = ", ".join(json.dumps(v, ensure_ascii=False) for v in arguments.values())
            text = f"{call.name}({values})"
            about_answer = call.name.startswith(RECORD) or call.name == "skip_question"
            accepted = output.output.startswith(ACCEPTED) or " would help " in output.output
            if about_answer and not accepted:
                self._record.entries.append(Entry("refused", f"{text}: {output.output}"))
            else:
                self._record.entries.append(Entry("call", text))
