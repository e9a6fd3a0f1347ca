"""`doctor` checks the store, and whether worker and token endpoint share it."""

from __future__ import annotations

import os
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from agent.billing.budget import utc_day
from agent.cli.doctor.checks import store
from agent.cli.doctor.http_client import HttpClient
from agent.cli.doctor.result import Level
from agent.core.errors import StoreError
from agent.core.settings import StoreSettings
from agent.store import SqliteStore, open_store
from tests.support.doctor_store import check_store, store_configuration
from tests.support.other_user import of_another_user, visible_folder


async def create_store(folder: Path) -> None:
    opened = SqliteStore(folder / "store.sqlite3")
    await opened.phase("7")
    await opened.aclose()


async def test_store_check_prints_the_same_fingerprint_for_a_shared_store(tmp_path: Path) -> None:
    await create_store(tmp_path / "shared")
    await create_store(tmp_path / "other")
    (tmp_path / "mounted").symlink_to(tmp_path / "shared")
    fingerprints = [
        (await check_store(tmp_path / name))["store.fingerprint"].what.partition(":")[0]
        for name in ("shared", "mounted", "other")
    ]
    assert fingerprints[0] == fingerprints[1] != fingerprints[2]


async def test_store_check_prints_another_fingerprint_for_another_outcome_detail(
    tmp_path: Path,
) -> None:
    await create_store(tmp_path)
    full, aggregate = [
        (await check_store(tmp_path, OUTCOME_DETAIL=detail))["store.fingerprint"].what
        for detail in ("full", "aggregate")
    ]
    assert full != aggregate


async def test_store_check_creates_nothing(tmp_path: Path) -> None:
    found = await check_store(tmp_path / "new" / "state")
    assert list(found) == ["store.usable"]
    assert found["store.usable"].level is Level.OK
    assert os.listdir(tmp_path) == []


async def test_store_check_finds_a_damaged_page(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite3"
    opened = SqliteStore(file)
    for number in range(100):
        await opened.open_outcome(f"o{number}", f"s{number}", "x" * 3000, 60)
    await opened.forget_session("s1")  # writes all to the file
    await opened.aclose()
    with file.open("r+b") as damaged:
        damaged.seek(60 * 4096)
        damaged.write(os.urandom(5 * 4096))
    found = (await check_store(tmp_path))["store.usable"]
    assert found.level is Level.FAILED
    assert f"{file} is damaged: " in found.what
    assert "restore a backup" in found.fix


async def test_store_check_fails_if_redis_does_not_answer(tmp_path: Path) -> None:
    found = await check_store(tmp_path, REDIS_URL="redis://:a-password@127.0.0.1:1/0")
    assert list(found) == ["store.usable"]
    assert found["store.usable"].level is Level.FAILED
    assert found["store.usable"].what.startswith("127.0.0.1:1: Redis cannot be reached")
    assert "REDIS_URL" in found["store.usable"].fix
    assert "a-password" not in found["store.usable"].what


@pytest.mark.parametrize(
    ("minutes", "level", "said"),
    [
        ("0", Level.WARNING, "AVATAR_MINUTES_PER_DAY is 0"),
        ("2", Level.WARNING, "2 of today's 2 avatar minutes are used: greetings are by voice"),
        ("5", Level.OK, "2 of today's 5 avatar minutes are used"),
    ],
)
async def test_store_check_reports_the_avatar_budget(
    tmp_path: Path, minutes: str, level: Level, said: str
) -> None:
    opened = SqliteStore(tmp_path / "store.sqlite3")
    await opened.add_avatar_seconds(utc_day(), 120)
    await opened.aclose()
    found = (await check_store(tmp_path, AVATAR_MINUTES_PER_DAY=minutes))["avatar.budget"]
    assert found.level is level
    assert found.what.startswith(said)
    assert "avatar.budget" not in await check_store(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="needs the permissions of POSIX")
async def test_store_check_names_the_folder_of_another_user() -> None:
    async with aiohttp.ClientSession() as session:
        with visible_folder() as folder:
            state = folder / "state"
            await create_store(state)
            configuration = store_configuration(state, PLATFORM_API_KEY="k" * 16)
            with of_another_user(state):
                found = await check_store(state)
                [shared] = await store.check_shared(configuration, HttpClient(session))
    assert list(found) == ["store.usable"]
    assert found["store.usable"].level is Level.FAILED
    said = found["store.usable"].what
    assert said.startswith(f"STATE_DIR ({state}) cannot be used: this user (uid ")
    assert "may not write to " in said
    assert shared.level is Level.SKIPPED


@pytest.mark.parametrize(
    ("endpoints_store", "level"), [("shared", Level.OK), ("other", Level.FAILED)]
)
async def test_store_check_finds_out_whether_the_endpoint_uses_the_same_store(
    tmp_path: Path, endpoints_store: str, level: Level
) -> None:
    """A session ended at the token endpoint must be ended in the store of these settings."""
    for name in ("shared", "other"):
        await create_store(tmp_path / name)

    async def end(request: web.Request) -> web.Response:
        used = SqliteStore(tmp_path / endpoints_store / "store.sqlite3")
        await used.end(request.match_info["session"], (await request.json())["reason"])
        await used.aclose()
        return web.json_response({})

    app = web.Application()
    app.router.add_post("/api/users/sessions/{session}/avatar-greeting/end/", end)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        config = store_configuration(tmp_path / "shared", ENDPOINT_URL=str(server.make_url("/")))
        [result] = await store.check_shared(config, HttpClient(session))
    assert (result.check, result.level) == ("store.shared", level)
    if level is Level.FAILED:
        assert "same REDIS_URL" in result.fix
        assert "through the store" in result.fix


def test_store_that_cannot_be_created_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="check STATE_DIR"):
        open_store(StoreSettings.from_env({"STATE_DIR": str(tmp_path / "file")}))


async def test_store_check_says_that_state_dir_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "is not a folder" in (await check_store(tmp_path / "file"))["store.usable"].what


@pytest.mark.parametrize(
    "url",
    [
        "redis://:p@ss/w@127.0.0.1:1/0",
        "redis://:p#ss@127.0.0.1:1/0",
        "redis://127.0.0.1:1/main",
        "127.0.0.1:6379",
        "http://127.0.0.1:1",
    ],
)
async def test_store_check_explains_how_to_write_redis_url(tmp_path: Path, url: str) -> None:
    found = (await check_store(tmp_path, REDIS_URL=url))["store.usable"]
    assert found.level is Level.FAILED
    assert "write special characters of a password as %40" in found.fix
