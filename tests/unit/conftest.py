"""What all unit tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import certifi
import pytest

from agent.store import SqliteStore
from tests.fakes.livekit_rooms import FakeLiveKit
from tests.fakes.recognised_words import RecognisedWords
from tests.support.avatar_output import AvatarOutputSetup
from tests.support.clock import Clock

_END = "-----END CERTIFICATE-----\n"


@pytest.fixture(scope="session", autouse=True)
def one_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let clients load one certificate authority, not all: no unit test uses TLS.

    Loading all takes 20 ms, and each Gemini model has two clients.
    """
    first, end, _ = Path(certifi.where()).read_text(encoding="utf-8").partition(_END)
    bundle = tmp_path_factory.mktemp("tls") / "authority.pem"
    bundle.write_text(first + end, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(bundle))
        yield


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """An empty store."""
    opened = SqliteStore(tmp_path / "store")
    yield opened
    await opened.aclose()


@pytest.fixture
def livekit() -> FakeLiveKit:
    """The rooms and dispatches of a LiveKit server."""
    return FakeLiveKit()


@pytest.fixture
async def recognition() -> AsyncIterator[RecognisedWords]:
    """Recognised words on their way to the session."""
    words = RecognisedWords()
    async with words.running():
        yield words


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of this process; a test sets it forward instead of waiting."""
    return Clock(monkeypatch)


@pytest.fixture
async def avatar(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AvatarOutputSetup]:
    """An avatar in a room, and the output that sends speech to it."""
    setup = AvatarOutputSetup(monkeypatch)
    yield setup
    setup.output.detach()
