"""A load balancer for the replicas of the token endpoint."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

_CONNECT_S = 5.0


@dataclass
class LoadBalancer:
    """Forwards to the next replica that accepts connections."""

    url: str = ""
    ports: list[int] = field(default_factory=list)
    """The ports of the replicas; may change at any time."""
    _turn: itertools.count[int] = field(default_factory=itertools.count)
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection."""
        task = asyncio.create_task(self._forward(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def aclose(self) -> None:
        """Close open connections."""
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            first = next(self._turn)
            for port in [self.ports[(first + i) % len(self.ports)] for i in range(len(self.ports))]:
                try:
                    opened = asyncio.open_connection("127.0.0.1", port)
                    upstream_reader, upstream_writer = await asyncio.wait_for(opened, _CONNECT_S)
                except (OSError, TimeoutError):
                    continue
                with contextlib.closing(upstream_writer):
                    await asyncio.gather(
                        _copy(reader, upstream_writer), _copy(upstream_reader, writer)
                    )
                return


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


@contextlib.asynccontextmanager
async def load_balancer() -> AsyncIterator[LoadBalancer]:
    """Listen on loopback, without replicas."""
    balancer = LoadBalancer()
    server = await asyncio.start_server(balancer.serve, "127.0.0.1", 0)
    async with server:
        balancer.url = "http://{}:{}".format(*server.sockets[0].getsockname())
        try:
            yield balancer
        finally:
            await balancer.aclose()
