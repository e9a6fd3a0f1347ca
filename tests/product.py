"""The running product as the tests see it, and clients to walk in with."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import re
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from livekit import api
from prometheus_client.parser import text_string_to_metric_families

from agent.core.settings import StoreSettings
from agent.demo.stage import Stage, stage
from agent.store import open_store
from tests.integration.client import Client

_OURS_TO_SET = {
    "LOG_LEVEL": "DEBUG",
    # The stage drains for seconds; tests of the drain need the time that is shipped.
    "DRAIN_TIMEOUT_S": "600",
    # Any free port, which the log names: other workers are started with these settings, too.
    "AGENT_METRICS_PORT": "0",
    "ENDPOINT_METRICS_PORT": "0",
    "BEYOND_PRESENCE_AVATARS": "patient_care=nurse",
}

_JOBS_END_S = 5.0


@dataclass
class Product:
    """The stage, and what a platform's backend does with it."""

    here: Stage
    logs: Path
    http: httpx.AsyncClient
    livekit: api.LiveKitAPI
    clients: list[Client] = field(default_factory=list)

    async def join(self, url: str, token: str, *, looks: bool = True) -> Client:
        """Walk into a room; the test's end leads everybody out. For `looks`, see `Client`."""
        client = Client(looks=looks)
        self.clients.append(client)
        await client.join(url, token)
        return client

    async def clear(self) -> None:
        """Nobody in any room, no faults, no records: the next test starts as the first did."""
        await asyncio.gather(*(client.leave() for client in self.clients))
        self.clients.clear()
        listed = await self.livekit.room.list_rooms(api.ListRoomsRequest())
        for room in listed.rooms:
            await self.livekit.room.delete_room(api.DeleteRoomRequest(room=room.name))
        await self._jobs_end()
        assert self.here.stand_ins is not None
        await self.here.stand_ins.reset()

    async def _jobs_end(self) -> None:
        """What a greeting still reports, counts or asks for would be taken for the next test's.

        A job that goes on for longer is that next test's to bear.
        """
        until = time.monotonic() + _JOBS_END_S
        while time.monotonic() < until:
            with contextlib.suppress(httpx.HTTPError):
                about = (await self.http.get(f"{self.here.worker_url}/worker")).json()
                if not about.get("active_jobs"):  # absent where it is 0
                    return
            await asyncio.sleep(0.1)

    async def ask(
        self, session_id: str | None = None, *, name: str = "Ada", **body: object
    ) -> httpx.Response:
        """POST avatar-greeting as the platform's backend, for a trainee of this name."""
        session = session_id or secrets.token_hex(4)
        return await self.http.post(
            f"/api/users/sessions/{session}/avatar-greeting/",
            json={"trainee": {"id": "7", "name": name}, **body},
        )

    async def enter(self, **asked: Any) -> tuple[Client, dict[str, str], float]:
        """Ask for a greeting (see `ask`) and walk in; also time.monotonic() before asking."""
        asked_at = time.monotonic()
        answer = await self.ask(**asked)
        assert answer.status_code == 201, answer.text
        ticket = answer.json()
        client = await self.join(ticket["server_url"], ticket["participant_token"])
        return client, ticket, asked_at

    async def end(self, session_id: str) -> httpx.Response:
        return await self.http.post(
            f"/api/users/sessions/{session_id}/avatar-greeting/end/", json={"reason": "continue"}
        )

    async def avatars(self, room: str) -> list[dict[str, Any]]:
        """The provider's own record of the avatars it was asked for in a room."""
        assert self.here.stand_ins is not None
        return [s for s in await self.here.stand_ins.sessions() if s["room"] == room]

    async def calls_for_avatars(self, room: str) -> int:
        """How often the provider was asked for an avatar in a room: every one of them is paid."""
        assert self.here.stand_ins is not None
        calls = await self.here.stand_ins.calls("bey")
        return sum(call["detail"].get("room") == room for call in calls)

    def events(self, process: str) -> list[dict[str, Any]]:
        """What a process has logged so far, but for lines that are no JSON."""
        found = []
        for line in (self.logs / f"{process}.log").read_text(errors="replace").splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict):
                found.append(event)
        return found

    def job_process(self, session_id: str) -> int:
        """The process id of a session's job, from the worker's log."""
        for event in self.events("worker"):
            if event.get("session_id") == session_id and event.get("pid"):
                return int(event["pid"])
        raise AssertionError("no such job in the log")

    async def scrape(self, process: str) -> str:
        """What `worker` or `endpoint` answers Prometheus now."""
        said = (self.logs / f"{process}.log").read_text()
        port = re.findall(r"[Mm]etrics (?:exposed )?at http://[^:]+:(\d+)/metrics", said)[-1]
        return (await self.http.get(f"http://127.0.0.1:{port}/metrics")).text

    async def metrics(self, process: str) -> dict[str, float]:
        """The same by series: `name{label="x"}` and its value."""
        return {
            sample.name + _labels(sample.labels): sample.value
            for family in text_string_to_metric_families(await self.scrape(process))
            for sample in family.samples
        }

    async def outcome(
        self, session_id: str, within_s: float = 10, *, reason: str = ""
    ) -> dict[str, Any]:
        """The newest outcome of a session, once it has ended; from the store, as it is kept.

        Args:
            reason: the newest one that ended so, whatever has come after it.

        Raises:
            AssertionError: it is not there in time.
        """
        store = open_store(StoreSettings.from_env(self.here.environment))
        until = time.monotonic() + within_s
        try:
            while True:
                kept: list[dict[str, Any]] = [
                    json.loads(body) for body in await store.outcomes(session_id)
                ]
                ended = [o for o in kept if o["ended"] and reason in ("", o["ended"]["reason"])]
                if ended and (reason or ended[-1] is kept[-1]):
                    return ended[-1]
                assert time.monotonic() < until, f"no ended outcome within {within_s:g} s: {kept}"
                await asyncio.sleep(0.05)
        finally:
            await store.aclose()

    async def paid_avatars_left(
        self, room: str, within_s: float = 2, *, created_before: float = math.inf
    ) -> None:
        """Wait until every avatar that joined has left, by the provider's own record.

        Args:
            created_before: seconds since the epoch; a later greeter's avatar is not meant.

        Raises:
            AssertionError: one is still there, and paid for.
        """
        since = time.monotonic()
        while still := [
            s
            for s in await self.avatars(room)
            if s["created_at"] < created_before and s["joined_at"] and not s["left_at"]
        ]:
            assert time.monotonic() - since < within_s, f"still paid for: {still}"
            await asyncio.sleep(0.05)

    async def participants(self, room: str) -> list[str]:
        """Identities in a room; empty when there is no such room."""
        try:
            answer = await self.livekit.room.list_participants(
                api.ListParticipantsRequest(room=room)
            )
        except api.TwirpError:
            return []
        return [p.identity for p in answer.participants]

    async def room_exists(self, room: str) -> bool:
        answer = await self.livekit.room.list_rooms(api.ListRoomsRequest(names=[room]))
        return bool(answer.rooms)


def _labels(labels: Mapping[str, str]) -> str:
    inside = ",".join(f'{name}="{value}"' for name, value in sorted(labels.items()))
    return f"{{{inside}}}" if inside else ""


@contextlib.asynccontextmanager
async def running_product(
    logs: Path, *, port: int = 0, extra: Mapping[str, str] | None = None
) -> AsyncIterator[Product]:
    """The stage with the tests' settings, and what is needed to act on it, until the block ends."""
    async with stage(logs, port=port, extra={**_OURS_TO_SET, **(extra or {})}) as here:
        assert here.livekit is not None
        async with (
            httpx.AsyncClient(
                base_url=here.endpoint_url,
                headers={"X-API-Key": here.environment["PLATFORM_API_KEY"]},
                timeout=15,
            ) as http,
            api.LiveKitAPI(
                here.livekit.url, here.livekit.api_key, here.livekit.api_secret
            ) as livekit,
        ):
            yield Product(here, logs, http, livekit)
