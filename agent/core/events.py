"""Everything that can happen in one greeting, and the dispatcher that delivers it.

Each event is a small frozen dataclass. Rooms, providers and behaviours emit events; behaviours
react to them and observers record them (`agent.greeting`). Events hold plain values; `LineAdded`
also carries livekit-agents' message, which a recording needs for its captions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from agent.core.log import logger
from agent.core.records import Line, Mode

if TYPE_CHECKING:
    from livekit.agents.llm import ChatMessage

E = TypeVar("E")

Part = Literal["avatar", "stt", "llm", "tts", "store"]
"""The part of the system that failed, as the outcome's `faults` name it."""
ClosingCause = Literal["asked", "silence", "time"]
"""Why the closing line is said: the model called `end_greeting`, the trainee was silent, or the
time is nearly up."""


class Events:
    """The dispatcher of one greeting: synchronous, in order of subscription."""

    def __init__(self) -> None:
        self._handlers: defaultdict[type, list[Callable[[Any], object]]] = defaultdict(list)

    def on(self, kind: type[E], handler: Callable[[E], object]) -> None:
        """Call `handler` with every later event of this type."""
        self._handlers[kind].append(handler)

    def emit(self, event: object) -> None:
        """Call the handlers of this event's type; one that fails does not stop the others."""
        for handler in self._handlers[type(event)]:
            try:
                handler(event)
            except Exception:  # noqa: BLE001  a faulty observer must not cost the trainee a greeting
                logger.exception(
                    "event handler failed; please report this",
                    extra={"event": "event_handler_failed", "kind": type(event).__name__},
                )


# The trainee.


@dataclass(frozen=True, slots=True)
class TraineeJoined:
    """The trainee is in the room, for the first time or again."""

    returned: bool


@dataclass(frozen=True, slots=True)
class TraineeLeft:
    """The trainee is not in the room; there is a grace period to come back."""


@dataclass(frozen=True, slots=True)
class MicrophoneSwitched:
    """The trainee has switched the microphone off, or on again."""


@dataclass(frozen=True, slots=True)
class CanHear:
    """The page reports which participants the trainee can hear."""

    sound_unlocked: bool
    audio_from: frozenset[str]


TapAction = Literal["answer", "skip", "next", "finish", "repeat", "slower"]
"""What a button of the page does: `answer` or `skip` a question, ask the `next` one, `finish` the
conversation, `repeat` the last line, or repeat it `slower`."""


@dataclass(frozen=True, slots=True)
class Tap:
    """A button that the trainee tapped instead of typing."""

    action: TapAction
    question: str = ""
    """The id of the question, for `answer` and `skip`."""
    value: str = ""
    """For `answer`: the id of the choice, or `yes` or `no`."""


@dataclass(frozen=True, slots=True)
class TextReceived:
    """The trainee has typed a line, or tapped a button that stands for one."""

    text: str
    """One clean line, not empty."""
    tap: Tap | None = None


@dataclass(frozen=True, slots=True)
class TraineeTyping:
    """The trainee is typing; emitted again every few seconds."""


@dataclass(frozen=True, slots=True)
class FeedbackGiven:
    """The trainee says what they think of the greeting; it replaces earlier feedback."""

    helpful: bool
    comment: str


@dataclass(frozen=True, slots=True)
class NameChosen:
    """The trainee wants to be called by this name, which is clean."""

    name: str


@dataclass(frozen=True, slots=True)
class LabelShown:
    """The page reports that one of its labels was visible."""

    label: Literal["ai", "recording"]
    age_s: float
    """How long ago the trainee could see it for the first time."""


@dataclass(frozen=True, slots=True)
class PageTimelineReported:
    """The page reports when the moments of its own start were, as JSON."""

    payload: str


# The agent's output.


@dataclass(frozen=True, slots=True)
class AvatarAnswered:
    """Beyond Presence has started a session, and may charge for it from now on."""


@dataclass(frozen=True, slots=True)
class AvatarJoined:
    """An avatar is in the room."""


@dataclass(frozen=True, slots=True)
class AvatarLost:
    """The avatar that was speaking has left, or has stopped playing what it is sent."""

    error: Literal["AvatarLeft", "AvatarStalled"]
    mode_reason: Literal["avatar_left", "avatar_stalled"]


@dataclass(frozen=True, slots=True)
class AvatarStalled:
    """The avatar output has noticed that the avatar does not play what it is sent."""

    identity: str


@dataclass(frozen=True, slots=True)
class ModeChanged:
    """Another mode of the fallback ladder is in use, or the reason for the mode is new."""

    mode: Mode
    reason: str
    """Empty while the avatar speaks; otherwise the value of `greeting.mode_reason`."""


# What is said.


@dataclass(frozen=True, slots=True)
class ConversationStarted:
    """Speech recognition, model and voice are connected to the room."""


@dataclass(frozen=True, slots=True)
class OpeningStarted:
    """The opening has been sent to the output."""

    text: str


@dataclass(frozen=True, slots=True)
class OpeningFinished:
    """The opening has been played, or interrupted."""

    interrupted: bool


@dataclass(frozen=True, slots=True)
class LineAdded:
    """The agent or the trainee has said or typed a line."""

    line: Line
    message: ChatMessage


@dataclass(frozen=True, slots=True)
class LineEnded:
    """The agent has said a line to its end, or was interrupted."""


@dataclass(frozen=True, slots=True)
class LineLost:
    """The current line was not, or will not be, heard to its end."""


@dataclass(frozen=True, slots=True)
class VoiceFailedOver:
    """A voice failed and the next one takes over: if a line is being said, its rest is lost."""


@dataclass(frozen=True, slots=True)
class AnswersChanged:
    """An answer was given, changed or skipped."""


@dataclass(frozen=True, slots=True)
class ScriptChanged:
    """The script was rendered again: with another language, name or details of the trainee."""


@dataclass(frozen=True, slots=True)
class ClosingRequested:
    """The conversation should end with the closing line."""

    cause: ClosingCause


@dataclass(frozen=True, slots=True)
class ClosingChanged:
    """The page should show that the greeting is about to end, or that it goes on after all."""

    closing: str
    """The value of `greeting.closing`: `soon`, the script's `after_closing`, or empty."""


# Providers.


@dataclass(frozen=True, slots=True)
class ProviderFailed:
    """One provider failed once; another may have answered in its place."""

    part: Part
    error: str
    """The error's type, or a word that we chose."""
    status: int | None = None
    """HTTP status, if there was one."""
    provider: str = ""
    """`deepgram` or `google`, for STT, LLM and TTS."""
    model: str = ""
    """The model or voice that failed."""
    text: str = ""
    """The vendor's text, for the log only."""


@dataclass(frozen=True, slots=True)
class ReplyFailed:
    """No model answered: the trainee would hear nothing."""


@dataclass(frozen=True, slots=True)
class NoVoiceLeft:
    """No voice can speak any more."""


@dataclass(frozen=True, slots=True)
class SpeechRecognised:
    """Speech recognition returned words of the trainee."""


@dataclass(frozen=True, slots=True)
class SpeechNotRecognised:
    """The trainee spoke, and speech recognition returned no words."""

    duration_s: float


# Recording and the end.


@dataclass(frozen=True, slots=True)
class RecordingChanged:
    """The recording has begun, ended, broken off or been deleted."""


@dataclass(frozen=True, slots=True)
class RecordingDeclined:
    """The trainee no longer wants to be recorded."""


@dataclass(frozen=True, slots=True)
class EndRequested:
    """The page, the endpoint, the room or the session asks for the end of the greeting."""

    reason: str
    """One of `agent.core.end_reasons`, or the caller's own."""


@dataclass(frozen=True, slots=True)
class GreetingEnded:
    """The greeting is over, and its room is closed."""

    reason: str
