"""The worker's metrics of a greeting: the first word, the parts of the start, and providers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from prometheus_client import REGISTRY

from agent.core.events import CanHear, ProviderFailed, TraineeJoined
from agent.greeting.observers.metrics import MetricsObserver
from agent.greeting.observers.start_timeline import StartTimeline
from tests.fakes.greeting import FakeGreeting
from tests.fakes.room import OURS
from tests.fakes.scripted_llm import ScriptedLLM


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"training_greeter_{name}", labels) or 0.0


async def first_word(*, ours: bool, unlocked: bool) -> tuple[float, float]:
    """Play a start; return how many first words were measured, and their seconds."""
    before = value("first_word_seconds_count", since="can_hear")
    before_s = value("first_word_seconds_sum", since="can_hear")
    fake = FakeGreeting(ScriptedLLM(), {}, {})
    StartTimeline(fake.greeting)
    fake.room.trainee_joins(**(OURS if ours else {}))
    fake.greeting.trainee.watch()
    timeline, start = fake.state.timeline, fake.state.timeline.since.timestamp()
    timeline.mark("trainee_joined", start + 1)
    fake.events.emit(TraineeJoined(returned=False))
    if ours:
        fake.events.emit(CanHear(sound_unlocked=False, audio_from=frozenset()))
    if unlocked:
        timeline.mark("can_hear", start + 21)
        fake.events.emit(CanHear(sound_unlocked=True, audio_from=frozenset()))
    timeline.mark("opening_begun", start + 21.5)
    emit = cast(Any, fake.conversation.session).emit
    timeline.at_s.pop("first_sound", None)
    emit("agent_state_changed", SimpleNamespace(new_state="speaking"))
    count = value("first_word_seconds_count", since="can_hear") - before
    return count, value("first_word_seconds_sum", since="can_hear") - before_s


async def test_first_word_does_not_include_the_time_until_the_trainee_unlocks_the_sound() -> None:
    before_s = value("start_part_seconds_sum", part="sound")
    count, took_s = await first_word(ours=True, unlocked=True)
    assert count == 1
    assert took_s < 15, "not the 20 s until the sound was unlocked"
    assert value("start_part_seconds_sum", part="sound") - before_s == pytest.approx(20, abs=1)


async def test_first_word_is_not_measured_if_the_sound_is_never_unlocked() -> None:
    assert (await first_word(ours=True, unlocked=False))[0] == 0


async def test_first_word_of_another_client_is_measured_from_joining() -> None:
    assert (await first_word(ours=False, unlocked=False))[0] == 1


@pytest.mark.parametrize(
    ("part", "source", "provider"),
    [
        ("tts", "google", "google"),
        ("stt", "", "deepgram"),
        ("avatar", "", "beyond_presence"),
        ("llm", "", "google"),
        ("store", "", "none"),
    ],
)
async def test_provider_errors_name_the_provider(part: Any, source: str, provider: str) -> None:
    labels = {"provider": provider, "part": part, "kind": "K", "status": "429"}
    before = value("provider_errors_total", **labels)
    fake = FakeGreeting(ScriptedLLM(), {}, {})
    MetricsObserver(fake.greeting)
    fake.events.emit(ProviderFailed(part, "K", 429, source))
    assert value("provider_errors_total", **labels) == before + 1
