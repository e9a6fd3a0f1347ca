"""The running product as tests use it: the platform backend's calls, clients, and records."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from livekit import api

from agent.core.settings import StoreSettings
from agent.demo.stage import Stage, stage
from agent.store import open_store
from tests.support.livekit_client import LiveKitClient
from tests.support.metrics import metrics_port, parse_metrics
from tests.support.pace import WORDS_PER_MINUTE
from tests.support.process_logs import job_process_id, read_events
from tests.support.providers import MODULE, Providers
from tests.support.waiting import until_answer

_SETTINGS = {
    "LOG_LEVEL": "DEBUG",
    # The demo drains for 3 s; tests of draining need the default of the product.
    "DRAIN_TIMEOUT_S": "600",
    # Any free port: tests start further workers with the same settings.
    "AGENT_METRICS_PORT": "0",
    "ENDPOINT_METRICS_PORT": "0",
    "BEYOND_PRESENCE_AVATARS": "patient_care=nurse",
    "STAND_IN_WORDS_PER_MINUTE": str(WORDS_PER_MINUTE),
    # Five pictures a second: a third of an avatar's CPU time is for pictures.
    "STAND_IN_PICTURE_EVERY": "3",
}
_JOBS_END_S = 30.0
_AVATARS_LEFT_S = 12.0
"""Two seconds are promised; the rest is for a busy machine."""
_JOIN_TIMEOUT_S = 40
"""The longest that a request may ask for."""
_POLL_S = 0.05
_ASK_EVERY_S = 1.0


@dataclass
class Product:
    """The processes of the product, and what a platform's backend does with them."""

    stage: Stage
    logs: Path
    http: httpx.AsyncClient
    """Calls the token endpoint with the backend's API key."""
    livekit: api.LiveKitAPI
    clients: list[LiveKitClient] = field(default_factory=list)

    # What a platform's backend and a trainee do.

    async def ask(
        self, session_id: str | None = None, *, name: str = "Ada", **body: object
    ) -> httpx.Response:
        """Request a greeting as the platform's backend, for a trainee of this name."""
        session = session_id or secrets.token_hex(4)
        return await self.http.post(
            f"/api/users/sessions/{session}/avatar-greeting/",
            json={"trainee": {"id": "7", "name": name}, **body},
        )

    async def ask_until(
        self, holds: Callable[[httpx.Response], object], session_id: str
    ) -> httpx.Response:
        """Request a session's greeting every second until `holds` accepts the answer.

        The endpoint limits the requests of a session, and would refuse more.
        """

        async def ask() -> httpx.Response:
            await asyncio.sleep(_ASK_EVERY_S)
            return await self.ask(session_id)

        return await until_answer(ask, holds)

    async def join(self, url: str, token: str, *, receives_video: bool = False) -> LiveKitClient:
        """Join a room; `clear` makes the client leave."""
        client = LiveKitClient(receives_video=receives_video)
        self.clients.append(client)
        await client.join(url, token)
        return client

    async def enter(
        self, *, receives_video: bool = False, after_avatar: bool = False, **request: Any
    ) -> tuple[LiveKitClient, dict[str, str], float]:
        """Request a greeting (see `ask`) and join its room.

        Args:
            after_avatar: join once the avatar is in the room. On a busy machine it may need longer
                than AVATAR_DEADLINE_S, and the voice would say the opening.

        Returns:
            The client, the endpoint's answer, and time.monotonic() before the request.
        """
        if after_avatar:
            request["join_timeout_s"] = _JOIN_TIMEOUT_S
        asked_at = time.monotonic()
        response = await self.ask(**request)
        assert response.status_code == 201, response.text
        answer = response.json()
        if after_avatar:
            await self.avatar_joined(answer["room_name"])
        client = await self.join(
            answer["server_url"], answer["participant_token"], receives_video=receives_video
        )
        return client, answer, asked_at

    async def end(self, session_id: str) -> httpx.Response:
        return await self.http.post(
            f"/api/users/sessions/{session_id}/avatar-greeting/end/", json={"reason": "continue"}
        )

    @property
    def providers(self) -> Providers:
        return Providers.of(self.stage.stand_ins)

    # What Beyond Presence's stand-in has recorded.

    async def avatars(self, room: str) -> list[dict[str, Any]]:
        """Return the avatar sessions that were created for a room."""
        return [s for s in await self.providers.sessions() if s["room"] == room]

    async def avatar_joined(self, room: str) -> None:
        """Wait until an avatar has joined a room."""
        await until_answer(
            lambda: self.avatars(room),
            lambda avatars: any(avatar["joined_at"] for avatar in avatars),
        )

    async def calls_for_avatars(self, room: str) -> int:
        """Return how many avatar sessions were requested for a room; each one costs money."""
        calls = await self.providers.calls("bey")
        return sum(call["detail"].get("room") == room for call in calls)

    async def paid_avatars_left(
        self, room: str, within_s: float = _AVATARS_LEFT_S, *, created_before: float = math.inf
    ) -> None:
        """Wait until every avatar that joined a room has left it.

        Args:
            created_before: seconds since the epoch; avatars that were created later are ignored.

        Raises:
            AssertionError: one is still there, at a cost.
        """
        since = time.monotonic()
        while still := [
            s
            for s in await self.avatars(room)
            if s["created_at"] < created_before and s["joined_at"] and not s["left_at"]
        ]:
            assert time.monotonic() - since < within_s, f"still paid for: {still}"
            await asyncio.sleep(_POLL_S)

    # What our processes have logged, counted and stored.

    def events(self, process: str) -> list[dict[str, Any]]:
        """Return the JSON lines that `worker` or `endpoint` has logged so far."""
        return read_events(self.logs / f"{process}.log")

    def job_process(self, session_id: str) -> int:
        """Return the process id of a session's job."""
        return job_process_id(self.events("worker"), session_id)

    async def scrape(self, process: str) -> str:
        """Return what `worker` or `endpoint` answers to Prometheus now."""
        port = metrics_port((self.logs / f"{process}.log").read_text())
        return (await self.http.get(f"http://127.0.0.1:{port}/metrics")).text

    async def metrics(self, process: str) -> dict[str, float]:
        """Return the same by series, keyed as `name{label="x"}`."""
        return parse_metrics(await self.scrape(process))

    async def outcome(
        self, session_id: str, within_s: float = 60, *, reason: str = ""
    ) -> dict[str, Any]:
        """Wait for the newest outcome of a session to end, and return it from the store.

        Args:
            reason: return the newest outcome with this end reason instead, even if another
                greeting has started since.

        Raises:
            AssertionError: it is not there in time.
        """
        store = open_store(StoreSettings.from_env(self.stage.environment))
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
                await asyncio.sleep(_POLL_S)
        finally:
            await store.aclose()

    async def has_saved(self, session_id: str, text: str) -> None:
        """Wait until an outcome with this text is in the store; only that survives a kill."""
        store = open_store(StoreSettings.from_env(self.stage.environment))
        try:
            await until_answer(
                lambda: store.outcomes(session_id),
                lambda saved: any(text in outcome for outcome in saved),
            )
        finally:
            await store.aclose()

    # What LiveKit's server has.

    async def participants(self, room: str) -> list[str]:
        """Return the identities in a room; none if there is no such room."""
        try:
            answer = await self.livekit.room.list_participants(
                api.ListParticipantsRequest(room=room)
            )
        except api.TwirpError:
            return []
        return [p.identity for p in answer.participants]

    async def agents(self, room: str) -> list[str]:
        """Return the identities of the agents in a room."""
        return [each for each in await self.participants(room) if each.startswith("agent-")]

    async def room_exists(self, room: str) -> bool:
        answer = await self.livekit.room.list_rooms(api.ListRoomsRequest(names=[room]))
        return bool(answer.rooms)

    async def room_is_deleted(self, room: str, within_s: float = 30) -> None:
        """Wait until LiveKit no longer lists a room; the list lags behind its participants."""
        await until_answer(
            lambda: self.room_exists(room), lambda exists: not exists, timeout_s=within_s
        )

    async def refused_requests(self) -> list[dict[str, Any]]:
        """Calls that the stand-ins answered with 400, without a fault that makes them do so."""
        calls = await self.providers.calls()
        return [call for call in calls if call["status"] == 400 and "fault" not in call["detail"]]

    # Between two tests.

    async def clear(self) -> None:
        """Remove clients, rooms, faults and the stand-ins' records."""
        clients, self.clients = self.clients, []
        await asyncio.gather(*(client.leave() for client in clients))
        listed = await self.livekit.room.list_rooms(api.ListRoomsRequest())
        for room in listed.rooms:
            try:
                await self.livekit.room.delete_room(api.DeleteRoomRequest(room=room.name))
            except api.TwirpError as e:
                if e.code != api.TwirpErrorCode.NOT_FOUND:  # its agent may just have closed it
                    raise
        await self.wait_for_jobs()
        await self.providers.reset()

    async def wait_for_jobs(self) -> None:
        """Wait until no job runs, so that the next test does not see its calls and metrics.

        A job that takes longer than 30 s is left to run.
        """
        until = time.monotonic() + _JOBS_END_S
        while time.monotonic() < until:
            with contextlib.suppress(httpx.HTTPError):
                state = (await self.http.get(f"{self.stage.worker_url}/worker")).json()
                if not state.get("active_jobs"):  # the field is missing if it is 0
                    return
            await asyncio.sleep(_POLL_S)

    def dead_processes(self) -> list[str]:
        """Describe each process that has ended although it should run."""
        return [
            f"{name} ended with exit code {process.returncode}"
            for name, process in self.stage.children.items()
            if process.returncode is not None
        ]


@contextlib.asynccontextmanager
async def running_product(logs: Path, *, origins: Sequence[str] = ()) -> AsyncIterator[Product]:
    """Run the product with stand-ins for the providers until the block ends.

    Args:
        logs: a folder for the processes' logs and state.
        origins: of host apps, as `make demo ARGS="--origin URL"` allows them.
    """
    async with stage(
        logs, origins=origins, pre_join=False, extra=_SETTINGS, stand_ins_module=MODULE
    ) as running:
        assert running.livekit is not None
        async with (
            httpx.AsyncClient(
                base_url=running.endpoint_url,
                headers={"X-API-Key": running.environment["PLATFORM_API_KEY"]},
                timeout=60,
            ) as http,
            api.LiveKitAPI(
                running.livekit.url, running.livekit.api_key, running.livekit.api_secret
            ) as livekit,
        ):
            yield Product(running, logs, http, livekit)
