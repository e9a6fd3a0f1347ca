"""`python -m agent console`: talk with the agent in a terminal, without a room and an avatar.

The spoken console is the one of livekit-agents. Its text mode imports PortAudio although it plays
no sound, so the text console is our own: it needs the key of the LLM only.
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

from livekit.agents import AgentServer, AgentSession, APIError, JobContext, cli
from livekit.agents.voice.run_result import RunResult

from agent.cli.prompts.arguments import add_trainee, metadata_of
from agent.conversation.conversation import Conversation
from agent.conversation.state import GreetingState
from agent.core.errors import StartupError
from agent.core.events import ClosingRequested
from agent.core.job_metadata import JobMetadata
from agent.core.settings import LlmSettings, VoiceSettings
from agent.scripts import PROMPTS, load_library
from agent.speech.failures import log_failures
from agent.speech.models import build_llm
from agent.worker.job_log import log_provider_errors_once

_ANSWER_TIMEOUT_S = 30.0
_TEXT_OPTIONS = ("training-type", "role", "industry", "locale", "name", "prompts")


def main(arguments: Sequence[str]) -> int:
    """Run the spoken console, or the text console with `--text`.

    Returns:
        The exit code.

    Raises:
        ConfigError: a key is missing.
        ScriptError: no script can be used.
        StartupError: there is no PortAudio for the spoken console.
    """
    parser = _parser()
    options, livekit_options = parser.parse_known_args(arguments)
    if not options.text:
        if used := [name for name in _TEXT_OPTIONS if getattr(options, name.replace("-", "_"))]:
            parser.error(f"--{used[0]} needs --text")
        return _talk_aloud(livekit_options)
    if livekit_options:
        parser.error(f"unknown option with --text: {livekit_options[0]}")
    try:
        asyncio.run(_talk_in_text(LlmSettings.from_env(os.environ), options))
    except KeyboardInterrupt:
        print()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m agent console",
        description="Talk with the agent in this terminal, without a room and an avatar. "
        "By voice, it needs GOOGLE_API_KEY, DEEPGRAM_API_KEY and PortAudio, and is the console "
        "of livekit-agents, with its options: --input-device, --output-device, --list-devices. "
        "With --text, it needs GOOGLE_API_KEY only.",
    )
    parser.add_argument("--text", action="store_true", help="type instead of speaking")
    preview = parser.add_argument_group("with --text, select a script as the platform does")
    add_trainee(preview)
    preview.add_argument("--prompts", type=Path, help="another folder of scripts")
    return parser


def _talk_aloud(livekit_options: Sequence[str]) -> int:
    """Run livekit-agents' console, which reads `sys.argv` and exits by SystemExit."""
    if "--list-devices" not in livekit_options:
        VoiceSettings.from_env(os.environ)  # reports missing keys before the console starts
    sys.argv = [sys.argv[0], "console", *livekit_options]
    try:
        cli.run_app(_console_server())
    except SystemExit as e:
        return e.code if isinstance(e.code, int) else int(e.code is not None)
    except OSError as e:
        if "PortAudio" in str(e):
            raise StartupError(
                "PortAudio is missing: install libportaudio2, or use --text to type instead"
            ) from None
        raise
    return 0


def _console_server() -> AgentServer:
    """Build the server that livekit-agents' spoken console runs."""
    server = AgentServer(port=0, host="127.0.0.1")
    server.rtc_session(_run_job, agent_name="console")
    return server


async def _run_job(ctx: JobContext) -> None:
    """Run the job of the spoken console: the terminal is microphone and loudspeaker."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(log_provider_errors_once)  # a traceback would hide the conversation
    settings = VoiceSettings.from_env(os.environ)
    state = GreetingState(metadata=JobMetadata())
    log_failures(state.events)
    conversation = Conversation(build_llm(settings), state, settings)
    state.events.on(ClosingRequested, lambda _: conversation.lines.say_soon(state.script.closing))
    await conversation.session.start(conversation.agent, room=ctx.room, record=False)
    conversation.lines.say_opening()


async def _talk_in_text(settings: LlmSettings, options: argparse.Namespace) -> None:
    """Run the conversation on stdin and stdout until the closing line, an empty line or Ctrl-D.

    Raises:
        ScriptError: no script can be used.
    """
    # A failed answer prints one line; a traceback would hide the conversation.
    logging.getLogger("livekit.agents").setLevel(logging.CRITICAL)
    over = asyncio.Event()
    state = GreetingState(
        metadata=metadata_of(options),
        library=load_library((options.prompts or PROMPTS).resolve()),
    )
    state.events.on(ClosingRequested, lambda _: over.set())
    conversation = Conversation(build_llm(settings), state, settings=None)
    script = state.script
    print(f"{script.name} {script.locale} v{script.version}: {script.reason}")
    print("An empty line or Ctrl-D ends it.\n")
    async with conversation.session as session:
        await session.start(conversation.agent, record=False)
        await session.say(script.opening)
        print(f"  agent:  {script.opening}")
        async for line in _lines("  you:    "):
            answer = await _answer(session, line)
            if answer or not over.is_set():
                print(f"  agent:  {answer or state.script.apology}")
            if over.is_set():
                break
        print(f"  agent:  {state.script.closing}\n")
        for id, given in state.answers.given.items():
            print(f"  {id}: {given.status if given.value is None else given.value}")


async def _answer(session: AgentSession[GreetingState], line: str) -> str:
    """Return the agent's answer to `line`; empty if the LLM did not answer."""
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
    """Yield lines from the terminal until an empty one, without blocking the event loop.

    A daemon thread reads them: Ctrl-C cannot interrupt a read, and must not wait for one.
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
