"""Sound without words does not hold the agent up."""

from __future__ import annotations

from typing import Any, cast

import pytest
from livekit.agents.vad import VADEvent, VADEventType

from agent.conversation.agent_line import AgentLine
from agent.conversation.noise_gate import NoiseGate
from agent.conversation.trainee_sound import TraineeSound
from agent.core.events import Events
from tests.fakes.speech_session import FakeSession, FakeSpeech

START, SOUND, END = (
    VADEventType.START_OF_SPEECH,
    VADEventType.INFERENCE_DONE,
    VADEventType.END_OF_SPEECH,
)


class Setup:
    """A detector whose clock the test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr("time.monotonic", lambda: self.now)
        self.session = FakeSession()
        self.sound = TraineeSound(AgentLine(cast(Any, self.session), Events()))
        self.gate = NoiseGate(self.sound)

    def hears(
        self, kind: VADEventType, *, after: float = 0.0, quiet: float = 0.0
    ) -> list[VADEventType]:
        self.now += after
        event = VADEvent(
            kind, samples_index=0, timestamp=0, speech_duration=1, silence_duration=0, speaking=True
        )
        event.raw_accumulated_silence = quiet
        return [passed.type for passed in self.gate.take(event)]


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch) -> Setup:
    return Setup(monkeypatch)


def test_long_sound_without_words_ends_for_the_session(setup: Setup) -> None:
    setup.session.speaks()
    assert setup.hears(START) == [START]
    assert setup.hears(SOUND, after=0.9) == [SOUND]
    assert setup.hears(SOUND, after=0.2) == [END], "the line goes on half a second later"
    assert setup.hears(SOUND, after=10.0) == []
    assert setup.hears(END) == []
    assert setup.hears(START) == [START]


def test_noise_without_an_end_counts_as_several_sounds(setup: Setup) -> None:
    sounds: list[VADEventType] = []
    setup.sound.when_sound(lambda event: sounds.append(event.type))
    setup.hears(START)
    assert setup.hears(SOUND, after=4.5) == [END]
    for _ in range(10):
        setup.hears(SOUND, after=1.0)
    assert sounds == [START, END, END, END]
    setup.session.speaks()
    setup.hears(SOUND, after=20.0)
    assert sounds == [START, END, END, END], "the agent would apologise for noise during its line"


def test_words_open_the_gate_again(setup: Setup) -> None:
    setup.session.speaks()
    setup.hears(START)
    assert setup.hears(SOUND, after=2.5) == [END]
    setup.now += 0.1
    setup.sound.words_heard()
    assert setup.hears(SOUND) == [START, SOUND]
    assert setup.hears(SOUND, after=1.5) == [SOUND]
    assert setup.hears(END) == [END]


def test_speech_with_words_is_passed_on_without_a_time_limit(setup: Setup) -> None:
    setup.hears(START)
    for _ in range(30):
        assert setup.hears(SOUND, after=2.0) == [SOUND]
        setup.sound.words_heard()


def test_noise_after_the_last_words_ends_for_the_session(setup: Setup) -> None:
    setup.hears(START)
    setup.now += 1.0
    setup.sound.words_heard()
    assert setup.hears(SOUND, after=3.5) == [SOUND]
    assert setup.hears(SOUND, after=1.0) == [END]
    assert setup.hears(SOUND, after=1.0) == []
    setup.sound.words_heard()
    assert setup.hears(SOUND, after=0.1) == [START, SOUND]


def test_noise_after_the_end_of_a_turn_does_not_hold_up_the_reply(setup: Setup) -> None:
    setup.hears(START)
    setup.now += 5.0
    setup.sound.words_heard()
    setup.hears(SOUND)
    [end] = setup.gate.end_turn()
    assert end.type is END
    setup.session.current_speech = FakeSpeech()  # the reply is being generated
    assert setup.hears(SOUND, after=0.03) == [START, SOUND]
    assert setup.hears(SOUND, after=0.9) == [SOUND]
    assert setup.hears(SOUND, after=0.2) == [END]
    assert setup.hears(SOUND, after=60.0) == []


def test_final_transcript_of_a_turn_does_not_open_the_gate_for_noise(setup: Setup) -> None:
    setup.hears(START)
    setup.sound.words_heard()
    assert setup.hears(SOUND, after=4.5) == [END]
    setup.now += 0.5
    setup.sound.words_heard()
    assert setup.gate.end_turn() == []
    assert setup.hears(SOUND, after=0.03) == []


def test_noise_since_the_end_of_a_turn_is_counted_during_a_line(setup: Setup) -> None:
    for _ in range(3):
        setup.hears(START)
        setup.now += 1.0
        setup.sound.words_heard()
        setup.hears(SOUND)
        setup.gate.end_turn()
        speech = setup.session.speaks()
        assert setup.hears(SOUND, after=0.03) == [START, SOUND]
        setup.hears(END, after=1.0)
        assert setup.sound.wordless_in_row == 1
        speech.ends()


def test_sounds_in_a_row_no_longer_pause_a_line(setup: Setup) -> None:
    setup.session.speaks()
    for _ in range(3):
        assert setup.hears(START, after=1.0) == [START]
        setup.hears(SOUND, after=0.3)
        assert setup.hears(END) == [END]
    assert setup.hears(START, after=1.0) == []
    setup.now += 0.1
    setup.sound.words_heard()
    assert setup.hears(SOUND) == [START, SOUND]
    setup.hears(END)
    assert setup.hears(START, after=1.0) == [START]


def test_echo_does_not_pause_a_line(setup: Setup) -> None:
    setup.sound.hears_echo = True
    speech = setup.session.speaks()
    assert setup.hears(START) == []
    assert setup.hears(SOUND, after=0.5) == []
    assert setup.hears(END) == []
    speech.ends()
    assert setup.hears(START) == [START]


def test_sound_ends_with_the_turn_that_the_recogniser_ends(setup: Setup) -> None:
    setup.hears(START)
    setup.hears(SOUND, quiet=0.12)
    [end] = setup.gate.end_turn()
    assert (end.type, end.speaking, end.silence_duration) == (END, False, 0.12)
    assert setup.gate.end_turn() == []
    assert setup.hears(SOUND, quiet=0.2) == [SOUND]
    assert setup.hears(END) == []
    assert setup.gate.end_turn() == []
    assert setup.hears(START) == [START]
    assert setup.hears(END) == [END]


def test_speech_after_the_end_of_a_turn_is_heard_at_once(setup: Setup) -> None:
    setup.hears(START)
    setup.gate.end_turn()
    assert setup.hears(SOUND, quiet=0.1) == [SOUND]
    assert setup.hears(SOUND) == [START, SOUND]
    assert setup.hears(END) == [END]
