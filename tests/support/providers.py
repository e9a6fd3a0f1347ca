"""The stand-ins of the providers, as tests control and read them.

The tests start them with `tests.support.provider_process`, which adds a control API.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

from agent.demo.stand_ins import StandIns, stand_ins

MODULE = "tests.support.provider_process"
_TIMEOUT = aiohttp.ClientTimeout(total=30)


class Providers(StandIns):
    """Running stand-ins whose process has the control API of the tests."""

    @classmethod
    def of(cls, running: StandIns | None) -> Providers:
        assert running is not None, "this stage has the real providers"
        return cls(**vars(running))

    async def faults(self, *texts: str) -> None:
        """Replace all faults by these; without any, everything works."""
        await self._request("PUT", "/faults", list(texts))

    async def sessions(self) -> list[dict[str, Any]]:
        """Avatar sessions, oldest first, with the fields of `AvatarSession`.

        If `crashed` is true, the avatar's process has died, as LiveKit's native library sometimes
        makes it: the test that saw it may run again.
        """
        return list(await self._request("GET", "/sessions"))

    async def calls(self, provider: str = "") -> list[dict[str, Any]]:
        """Calls to all providers or to one (bey, stt, tts, llm), oldest first; see `Call`."""
        calls = await self._request("GET", "/calls")
        return [call for call in calls if provider in {"", call["provider"]}]

    async def script(self, *replies: dict[str, Any]) -> None:
        """Queue the LLM's next replies, with the fields of `gemini.messages.Reply`."""
        await self._request("PUT", "/gemini/script", list(replies))

    async def recognise_as(self, words: str) -> None:
        """Recognise each utterance as these words; empty: as what was said.

        For tests of what the agent does with the words. Speech recognition needs a whole core; on a
        busy machine, it may come too late.
        """
        await self._request("PUT", "/stt/words", words)

    async def reset(self) -> None:
        """Remove all avatars, faults, scripted replies and records."""
        await self._request("POST", "/reset")

    async def _request(self, method: str, path: str, body: Any = None) -> Any:
        url = self.url + path
        async with aiohttp.request(method, url, json=body, timeout=_TIMEOUT) as answer:
            content = await answer.json()
            if answer.status >= 400:
                raise ValueError(content.get("error", f"{path}: {answer.status}"))
            return content


@contextlib.asynccontextmanager
async def running_providers(log: Path, **environment: str) -> AsyncIterator[Providers]:
    """Run the stand-ins until the block ends; the environment is that of their process."""
    async with stand_ins(log, environment=environment, module=MODULE) as running:
        yield Providers.of(running)
