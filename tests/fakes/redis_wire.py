"""A Redis as old or as strict as a test needs: speaks RESP2 and answers what the test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

NO_ANSWER = ""
"""An answer that does not come."""


@dataclass
class FakeRedis:
    """The server's address, and the commands that it got."""

    answers: dict[str, str]
    """The raw answer by command; others get `unknown command` and, if `strict`, no connection."""
    strict: bool = False
    url: str = ""
    commands: list[str] = field(default_factory=list)
    connections: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while line := await reader.readline():
                parts = []
                for _ in range(int(line[1:])):
                    size = int((await reader.readline())[1:])
                    parts.append((await reader.readexactly(size + 2))[:-2].decode())
                command = parts[0].upper()
                self.commands.append(command)
                answer = self.answers.get(f"{command} {parts[-1]}", self.answers.get(command))
                if answer is None and self.strict:
                    break
                if answer is None:
                    answer = f"-ERR unknown command '{parts[0]}'\r\n"
                writer.write(answer.encode())
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def fake_redis(answers: dict[str, str], *, strict: bool = False) -> AsyncIterator[FakeRedis]:
    """Run the server on loopback until the block ends."""
    fake = FakeRedis(answers, strict)
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    fake.url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
    try:
        yield fake
    finally:
        server.close()


def bulk(text: str) -> str:
    """A string as Redis sends it."""
    return f"${len(text)}\r\n{text}\r\n"
