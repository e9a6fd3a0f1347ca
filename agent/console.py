"""The console: the greeting's conversation on a developer's own machine, without room or avatar.

Spoken, it is livekit-agents' own console over our session. Its text mode imports PortAudio even
though nothing is heard, so text mode is ours: it needs the LLM's key and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator

from livekit.agents import AgentServer, AgentSession, APIError, JobContext
from livekit.agents.voice.run_result import RunResult

from agent.conversation import Greeter, build_llm, build_session, build_text_session
from agent.job_metadata import JobMetadata
from agent.scripts import script_for
from agent.settings import LlmSettings, VoiceSettings

_ANSWER_TIMEOUT_S = 30.0


def console_server() -> AgentServer:
    """What livekit-agents' spoken console runs."""
    server = AgentServer(port=0, host="127.0.0.1")
    server.rtc_session(talk_aloud, agent_name="console")
    return server


async def talk_aloud(ctx: JobContext) -> None:
    """The console's job: microphone and loudspeaker are the terminal's own."""
    script = script_for(JobMetadata())
    settings = VoiceSettings.from_env(os.environ)
    session = build_session(settings, build_llm(settings), script.locale)
    await session.start(Greeter(script), room=ctx.room, record=False)
    session.say(script.opening)


async def talk_in_text(settings: LlmSettings) -> None:
    """Hold the conversation on stdin and stdout until an empty line or the input's end."""
    script = script_for(JobMetadata())
    # A failed answer gets one line of ours; the library's traceback would bury the conversation.
    logging.getLogger("livekit.agents").setLevel(logging.CRITICAL)
    print(f"{script.name} {script.locale} v{script.version}; an empty line or Ctrl-D ends it.\n")
    async with build_text_session(build_llm(settings)) as session:
        await session.start(Greeter(script), record=False)
        await session.say(script.opening)
        print(f"  avatar: {script.opening}")
        async for line in _lines("  you:    "):
            print(f"  avatar: {await _answer(session, line) or script.trouble}")
        print(f"  avatar: {script.closing}")


async def _answer(session: AgentSession[None], line: str) -> str:
    """What the avatar says to `line`; empty when no answer could be had."""
    try:
        async with asyncio.timeout(_ANSWER_TIMEOUT_S):
            turn: RunResult[None] = await session.run(user_input=line)
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
