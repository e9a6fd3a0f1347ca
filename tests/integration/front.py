"""A load balancer in front of the endpoint's replicas."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

_CONNECT_S = 1.0


@dataclass
class Front:
    """One address for all replicas; a replica that takes no connection is passed over."""

    url: str = ""
    ports: list[int] = field(default_factory=list)
    """Of the replicas; may be changed at any time."""
    _turn: itertools.count[int] = field(default_factory=itertools.count)
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Lead one connection to the next replica in turn."""
        task = asyncio.create_task(self._lead(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def aclose(self) -> None:
        """Cut what is still open."""
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            first = next(self._turn)
            for port in [self.ports[(first + i) % len(self.ports)] for i in range(len(self.ports))]:
                try:
                    opened = asyncio.open_connection("127.0.0.1", port)
                    there, back = await asyncio.wait_for(opened, _CONNECT_S)
                except (OSError, TimeoutError):
                    continue
                with contextlib.closing(back):
                    await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))
                return


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


@contextlib.asynccontextmanager
async def front() -> AsyncIterator[Front]:
    """On loopback, without any replica yet."""
    here = Front()
    server = await asyncio.start_server(here.serve, "127.0.0.1", 0)
    async with server:
        here.url = "http://{}:{}".format(*server.sockets[0].getsockname())
        try:
            yield here
        finally:
            await here.aclose()
