"""Rate limits in memory; tests/support/store_checks/rates.py covers Redis, too."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from pathlib import Path
from typing import Literal

import pytest

from agent.core.errors import ConfigError
from agent.core.settings.field_types import Rate
from agent.store import LimitReached
from agent.store.rates import LocalRates
from agent.token_endpoint.auth.authenticate import Caller, Role
from agent.token_endpoint.rate_limits import limit_at, limits_of
from tests.support.endpoint_app import endpoint, settings
from tests.support.endpoint_requests import BACKEND, browser, path_of


async def stay_in_one_minute() -> None:
    """The limiter's windows begin at full minutes: a test must not cross one."""
    left_s = 60 - time.time() % 60
    if left_s < 8:
        await asyncio.sleep(left_s)


class Counted:
    """Requests to start, counted in memory."""

    def __init__(self, tmp_path: Path, **rates: str) -> None:
        self._settings = settings(tmp_path, **rates)
        self._counts = LocalRates()

    def count(
        self, what: Literal["start", "end"], session: str, trainee: str, backend: bool
    ) -> None:
        caller = Caller(role=Role.BACKEND if backend else Role.BROWSER)
        self._counts.count(limits_of(self._settings, what, session, caller, trainee))

    def refuses(self, session: str, trainee: str = "", *, backend: bool = True) -> bool:
        try:
            self.count("start", session, trainee, backend)
        except LimitReached as e:
            return 1 <= e.wait_s <= 60
        return False


def test_session_trainee_and_key_have_limits_of_their_own(tmp_path: Path) -> None:
    counted = Counted(
        tmp_path,
        RATE_LIMIT_SESSION="2/minute",
        RATE_LIMIT_TRAINEE="4/minute",
        RATE_LIMIT_BACKEND="7/minute",
    )
    assert [counted.refuses("1") for _ in range(4)] == [False, False, True, True]
    by_trainee = [counted.refuses(f"a{i}", "t-1") for i in range(6)]
    assert by_trainee == [False] * 4 + [True] * 2
    assert [counted.refuses(f"b{i}") for i in range(3)] == [False, True, True]
    assert not counted.refuses("c", "t-2", backend=False), "a browser is not the key"
    # An end is counted apart: it is what saves money.
    for _ in range(2):
        counted.count("end", "1", "", backend=True)
    with pytest.raises(LimitReached, match="too many requests: this session may send 2 in 60 s"):
        counted.count("end", "1", "", backend=True)


async def test_feedback_does_not_use_up_the_limits_of_ends(tmp_path: Path) -> None:
    await stay_in_one_minute()
    limits = {"RATE_LIMIT_SESSION": "2/minute", "RATE_LIMIT_BACKEND": "3/minute"}
    async with endpoint(tmp_path, **limits) as http:
        feedback = path_of("1") + "feedback/"
        given = [
            await http.post(feedback, json={"helpful": True}, headers=BACKEND) for _ in range(3)
        ]
        assert [answer.status_code for answer in given] == [409, 409, 429]
        ended = [await http.post(path_of("1", end=True), headers=BACKEND) for _ in range(3)]
        # 503: LiveKit is not there.
        assert [answer.status_code for answer in ended] == [503, 503, 429]


@pytest.mark.parametrize(
    ("before", "now", "passed", "wait_s"),
    [
        (0, 10, 0.0, 60),  # all of them must leave this window
        (0, 10, 0.5, 30),  # the next window begins
        (0, 20, 0.5, 60),
        (10, 5, 0.0, 30),
        (20, 5, 0.5, 15),
    ],
)
def test_retry_after_is_when_a_request_is_accepted(
    before: int, now: int, passed: float, wait_s: int
) -> None:
    rate = Rate(10, 60)
    counts = LocalRates()
    at = 60_000.01 + passed * 60
    for window_at, requests in ((at - 60, before), (at, now)):
        # These were accepted under a higher limit.
        for _ in range(requests):
            counts.count([limit_at(window_at, Rate(100, 60), "key", "")])
    with pytest.raises(LimitReached) as reached:
        counts.count([limit_at(at, rate, "key", "")])
    assert (reached.value.before, reached.value.current) == (before, now)
    assert reached.value.wait_s == wait_s
    counts.count([limit_at(at + wait_s, rate, "key", "")])


def test_counts_of_a_window_are_forgotten_after_the_next() -> None:
    counts = LocalRates()
    for second in range(5):
        for key in range(100):
            counts.count([limit_at(1_000.0 + second, Rate(10, 1), f"{second}-{key}", "")])
    [(_, before, current)] = counts._counts.values()
    assert len(before) + len(current) <= 2 * 100


async def test_requests_are_accepted_again_after_retry_after(tmp_path: Path) -> None:
    counted = Counted(tmp_path, RATE_LIMIT_SESSION="2/second")
    async with asyncio.timeout(10):
        while not counted.refuses("1"):
            await asyncio.sleep(0)
    await asyncio.sleep(1.1)
    assert not counted.refuses("1")


def test_default_limits_allow_ten_at_once_and_the_pages_retries(tmp_path: Path) -> None:
    counted = Counted(tmp_path)
    done = [
        counted.refuses(f"{i}", "t-1" if i < 2 else f"t-{i}") for i in range(10) for _ in range(5)
    ]
    assert not any(done)


def test_off_disables_a_limit(tmp_path: Path) -> None:
    off = dict.fromkeys(("RATE_LIMIT_SESSION", "RATE_LIMIT_TRAINEE", "RATE_LIMIT_BACKEND"), "off")
    counted = Counted(tmp_path, **off)
    assert not any(counted.refuses("1", "t-1") for _ in range(700))


@pytest.mark.parametrize(
    ("text", "amount", "window_s"),
    [
        ("30/minute", 30, 60),
        ("100 per 5 minutes", 100, 300),
        ("5/2hours", 5, 7_200),
        (" 1 PER DAY ", 1, 86_400),
        ("9/month", 9, 2_592_000),
    ],
)
def test_rate_has_an_amount_and_a_window(
    tmp_path: Path, text: str, amount: int, window_s: int
) -> None:
    assert settings(tmp_path, RATE_LIMIT_SESSION=text).rate_limit_session == (amount, window_s)


@pytest.mark.parametrize(
    "rate", ["x", "10", "0/minute", "-1/minute", "1/s;5/hour", "9/moon", "1 per 0 days"]
)
def test_settings_name_an_invalid_rate(tmp_path: Path, rate: str) -> None:
    with pytest.raises(ConfigError, match="RATE_LIMIT_SESSION: must look like 30/minute"):
        settings(tmp_path, RATE_LIMIT_SESSION=rate)


async def test_rate_limit_response_has_retry_after_and_fallback(tmp_path: Path) -> None:
    await stay_in_one_minute()
    async with endpoint(tmp_path, RATE_LIMIT_SESSION="2/minute") as http:
        told = {"trainee": {"name": "Asha"}}
        # Malformed and unauthenticated requests do not count.
        for _ in range(5):
            await http.post(path_of("1"), headers=BACKEND, json={"consent": 1})
            await http.post(path_of("1"), headers={"X-API-Key": "guess"})
        answers = [await http.post(path_of("1"), headers=BACKEND, json=told) for _ in range(4)]
        assert [a.status_code for a in answers] == [503, 503, 429, 429]
        last = answers[-1]
        assert 1 <= int(last.headers["retry-after"]) <= 60
        body = last.json()
        assert body["error"] == {
            "code": "rate_limited",
            "message": "too many requests: this session may send 2 in 60 s",
            "retryable": True,
        }
        assert "Asha" in body["fallback"]["welcome_text"]
        assert (await http.post(path_of("1", end=True), headers=BACKEND)).status_code == 503


async def test_trainee_limit_counts_all_sessions_of_a_jwt(tmp_path: Path) -> None:
    async with endpoint(tmp_path, RATE_LIMIT_TRAINEE="3/minute") as http:
        asked = [await http.post(path_of(f"{i}"), headers=browser(f"{i}")) for i in range(5)]
        assert [a.status_code for a in asked] == [503, 503, 503, 429, 429]
        # The token's subject counts, even if the platform names another trainee.
        odd = browser("x", trainee={"id": "somebody else"})
        assert (await http.post(path_of("x"), headers=odd)).status_code == 429
        other = await http.post(path_of("y"), headers=browser("y", sub="t-2"))
        assert other.status_code == 503


async def test_flood_of_rejected_requests_does_not_fill_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await stay_in_one_minute()
    caplog.set_level(logging.INFO)
    async with endpoint(tmp_path, RATE_LIMIT_SESSION="1/minute") as http:
        for _ in range(50):
            await http.post(path_of("2"), headers=browser("1"))
            await http.post(path_of("1"), headers=browser("1"))
            await http.post(path_of("1"))
    codes = Counter(getattr(record, "code", "") for record in caplog.records)
    assert (codes["forbidden"], codes["rate_limited"], codes["unauthorized"]) == (30, 30, 30)
    assert codes["livekit_unavailable"] == 1
    reasons = {
        getattr(record, "code", ""): getattr(record, "error", "") for record in caplog.records
    }
    assert reasons["unauthorized"].startswith("send X-API-Key, or Authorization")
    assert reasons["forbidden"] == "the token's session_id is not this session"
    assert reasons["rate_limited"]
