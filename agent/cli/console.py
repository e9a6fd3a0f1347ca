"""The console: the greeting's conversation on a developer's own machine, without room or avatar.

Spoken, it is livekit-agents' own console over our session. Its text mode imports PortAudio even
though nothing is heard, so text mode is ours: it needs the LLM's key and nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from livekit.agents import AgentServer, AgentSession, APIError, JobContext
from livekit.agents.voice.run_result import RunResult

from agent.conversation.conversation import Conversation
from agent.conversation.state import GreetingState
from agent.core.events import ClosingRequested, Events
from agent.core.job_metadata import JobMetadata
from agent.core.settings import LlmSettings, VoiceSettings
from agent.scripts import PROMPTS, load_library
from agent.speech.providers import build_llm

_ANSWER_TIMEOUT_S = 30.0


def console_server() -> AgentServer:
    """What livekit-agents' spoken console runs."""
    server = AgentServer(port=0, host="127.0.0.1")
    server.rtc_session(talk_aloud, agent_name="console")
    return server


async def talk_aloud(ctx: JobContext) -> None:
    """The console's job: microphone and loudspeaker are the terminal's own."""
    settings = VoiceSettings.from_env(os.environ)
    events = Events()
    state = GreetingState.create(JobMetadata(), events)
    conversation = Conversation(build_llm(settings), state, events, settings)
    events.on(ClosingRequested, lambda _: conversation.say_soon(state.script.closing))
    await conversation.session.start(conversation.agent, room=ctx.room, record=False)
    conversation.open()


def preview_options(arguments: Sequence[str]) -> argparse.Namespace:
    """Whom the text console plays the greeter to; leaves by SystemExit where not understood."""
    parser = argparse.ArgumentParser(
        prog="python -m agent console --text",
        description="Hold a greeting's conversation by typing: needs GOOGLE_API_KEY alone.",
    )
    parser.add_argument("--text", action="store_true", required=True)
    for option in ("training-type", "role", "industry", "locale", "name"):
        parser.add_argument(f"--{option}", default="")
    parser.add_argument("--prompts", type=Path, default=PROMPTS, help="another folder of scripts")
    return parser.parse_args(arguments)


async def talk_in_text(settings: LlmSettings, options: argparse.Namespace) -> None:
    """Hold the conversation on stdin and stdout until the goodbye, an empty line or the end.

    Raises:
        ScriptError: no script can be used.
    """
    # A failed answer gets one line of ours; the library's traceback would bury the conversation.
    logging.getLogger("livekit.agents").setLevel(logging.CRITICAL)
    over = asyncio.Event()
    metadata = JobMetadata.model_validate(
        {
            "trainee": {"name": options.name},
            "training_type": options.training_type,
            "role": options.role,
            "industry": options.industry,
            "locale": options.locale,
        }
    )
    events = Events()
    events.on(ClosingRequested, lambda _: over.set())
    state = GreetingState.create(metadata, events, library=load_library(options.prompts.resolve()))
    conversation = Conversation(build_llm(settings), state, events, settings=None)
    script = state.script
    print(f"{script.name} {script.locale} v{script.version}: {script.reason}")
    print("An empty line or Ctrl-D ends it.\n")
    async with conversation.session as session:
        await session.start(conversation.agent, record=False)
        await session.say(script.opening)
        print(f"  avatar: {script.opening}")
        async for line in _lines("  you:    "):
            answer = await _answer(session, line)
            if answer or not over.is_set():
                print(f"  avatar: {answer or state.script.trouble}")
            if over.is_set():
                break
        print(f"  avatar: {state.script.closing}\n")
        for id, given in state.answers.given.items():
            print(f"  {id}: {given.status if given.value is None else given.value}")


async def _answer(session: AgentSession[GreetingState], line: str) -> str:
    """What the avatar says to `line`; empty when no answer could be had."""
    try:
        async with asyncio.timeout(_ANSWER_TIMEOUT_S):
            turn: RunResult[Any] = await session.run(user_input=line)
    except (APIError, TimeoutError) as e:
        status = getattr(e, "status_code", None)
        print(
            f"  (no answer from Gemini: {status or type(e).__name__}; "
            "check GOOGLE_API_KEY and GEMINI_MODEL)",
            file=sys.stderr,
        )
        return ""
    return " ".join(
        event.item.text_content or ""
        for event in turn.events
        if event.type == "message" and event.item.role == "assistant"
    ).strip()


async def _lines(prompt: str) -> AsyncIterator[str]:
    """Lines from the terminal until an empty one; the conversation goes on meanwhile.

    They are read by a daemon thread: Ctrl-C cannot interrupt a read, and must not wait for one.
    """
    loop = asyncio.get_running_loop()
    typed: asyncio.Queue[str] = asyncio.Queue()
    asked = threading.Semaphore(0)

    def read() -> None:
        while True:
            asked.acquire()
            line = sys.stdin.readline()
            try:
                loop.call_soon_threadsafe(typed.put_nowait, line)
            except RuntimeError:
                return  # the conversation has ended

    threading.Thread(target=read, daemon=True).start()
    while True:
        print(prompt, end="", flush=True)
        asked.release()
        line = await typed.get()
        if not line.strip():
            if not line:
                print()
            return
        yield line.strip()
