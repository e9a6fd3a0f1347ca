"""Faults: what each stand-in can be told to do wrong, spelled as short strings.

`provider:name`, with `=number` where the fault has one and `xN` to do it on the next N occasions
only: `bey:401`, `bey:leaves=5`, `llm:429=2x1` (status 429 with `Retry-After: 2`, once). The
stand-ins ask `Faults.take` at the moment a fault would show; nothing in here fails by itself.
`tts` is every voice there is; `aura` is Deepgram's alone, so that Gemini's can take its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from agent.core.errors import ConfigError

PROVIDERS = {
    "bey": "Beyond Presence",
    "stt": "Deepgram listen",
    "tts": "every voice: Deepgram speak, and Gemini's",
    "aura": "Deepgram speak alone, with the faults of tts",
    "llm": "Gemini",
}


@dataclass(frozen=True)
class Kind:
    """One fault a provider knows."""

    text: str
    """One line for people: what happens."""
    default: float | None = None
    """The number where none is given; None: this fault takes no number."""


_HTTP = {
    "400…599": Kind("answers this status; =N adds `Retry-After: N`", 0),
    "huge": Kind("answers 500 with a body of one megabyte"),
    "delay": Kind("answers N seconds late", 20),
    "hang": Kind("accepts the call and never answers"),
    "refuse": Kind("drops the connection unanswered"),
    "html": Kind("answers 200 with an HTML page"),
    "empty": Kind("answers 200 with nothing"),
}
"""Known to every provider; for a WebSocket this is what answers the upgrade."""

CATALOGUE: dict[str, dict[str, Kind]] = {
    "bey": {
        **_HTTP,
        "garbage": Kind("answers 201 with broken JSON; the avatar comes"),
        "lost-answer": Kind("starts the avatar, then drops the connection unanswered"),
        "never-joins": Kind("answers 201, the avatar never comes"),
        "late": Kind("answers 201, the avatar joins N seconds later", 5),
        "no-video": Kind("joins and publishes sound only"),
        "no-audio": Kind("joins and publishes its picture only"),
        "late-audio": Kind("publishes its sound N seconds after its picture", 2),
        "no-source": Kind("not amiss: its tracks do not say that they are camera and microphone"),
        "leaves": Kind("leaves N seconds after it joined", 5),
        "leaves-speaking": Kind("leaves N seconds into its first speech", 1),
        "flap": Kind("joins, leaves before its picture is there, joins again N seconds later", 1),
        "stalls": Kind("takes the speech, plays nothing, reports nothing"),
        "no-finish": Kind("plays, but never reports playback_finished"),
        "early-finish": Kind("reports playback_finished as soon as it begins"),
        "late-finish": Kind("reports playback_finished N seconds late", 4),
        "double-finish": Kind("reports playback_finished twice"),
        "clear-fails": Kind("answers lk.clear_buffer with an error and plays on"),
        "clear-hangs": Kind("never answers lk.clear_buffer and plays on"),
        "freezes": Kind("its picture stops N seconds after it joined", 3),
        "black": Kind("its picture is black"),
    },
    "stt": {
        **_HTTP,
        "drop": Kind("drops the connection N seconds into an utterance", 1),
        "half-open": Kind("accepts everything, sends nothing, not even a pong"),
        "slow": Kind("final results come N seconds late", 3),
        "never-final": Kind("interim results only"),
        "blank": Kind("hears speech, sends empty transcripts"),
        "garbage": Kind("sends broken JSON and unknown messages besides the results"),
    },
    "tts": {
        **_HTTP,
        "drop": Kind("drops the connection after N seconds of sound", 0.7),
        "silent": Kind("sends no sound, only Flushed"),
        "stall": Kind("accepts the text and sends nothing"),
        "slow": Kind("sends sound at N times the speed it is played", 0.5),
        "error": Kind("sends an Error message in place of the sound"),
    },
    "llm": {
        **_HTTP,
        "garbage": Kind("answers 200 with broken JSON"),
        "drop": Kind("drops the connection after N words", 4),
        "stall": Kind("stops after N words and keeps the connection", 4),
        "no-finish": Kind("ends the answer without a finish reason"),
        "no-text": Kind("an answer that is empty, finish reason STOP"),
        "blocked": Kind("blocks the prompt (promptFeedback, SAFETY)"),
        "unsafe": Kind("stops mid-answer with finish reason SAFETY"),
        "unknown-call": Kind("calls a function nobody declared"),
        "bad-call": Kind("calls a declared function with arguments of the wrong shape"),
        "slow": Kind("the first token comes N seconds late", 3),
        "runaway": Kind("an answer of 5,000 words"),
    },
}

CATALOGUE["aura"] = CATALOGUE["tts"]
_PART_OF = {"aura": "tts"}
"""What fails whenever the whole of something fails."""

_SHAPE = re.compile(r"(\w+):([a-z]+(?:-[a-z]+)*|\d{3})(?:=(\d+(?:\.\d+)?))?(?:x(\d+))?")


class UnknownFault(ConfigError):
    """A fault that no provider knows; the text lists all of them."""


@dataclass
class Fault:
    """A fault that has been asked for."""

    provider: str
    name: str
    value: float
    """Its number; 0 where it takes none. For a status: seconds of Retry-After."""
    left: int | None
    """On how many more occasions it shows; None: on all of them."""

    @property
    def status(self) -> int | None:
        """The HTTP status, where this fault is one."""
        return int(self.name) if self.name.isdigit() else None


def parse_fault(text: str) -> Fault:
    """Read one fault.

    Raises:
        UnknownFault: with the list of all faults.
    """
    match = _SHAPE.fullmatch(text.strip())
    kinds = CATALOGUE.get(match[1], {}) if match else {}
    if match and match[2].isdigit():
        kind = kinds.get("400…599") if 400 <= int(match[2]) <= 599 else None
    else:
        kind = kinds.get(match[2]) if match else None
    if not match or kind is None or (match[3] and kind.default is None):
        raise UnknownFault(f"unknown fault {text!r}. The faults are:\n{describe_faults()}")
    return Fault(
        provider=match[1],
        name=match[2],
        value=float(match[3]) if match[3] else kind.default or 0.0,
        left=int(match[4]) if match[4] else None,
    )


def describe_faults() -> str:
    """Every fault with its line of description, for `--help` and error messages."""
    lines = []
    for provider, kinds in CATALOGUE.items():
        lines.append(f"{PROVIDERS[provider]}:")
        for name, kind in kinds.items():
            number = f"={kind.default:g}" if kind.default else ""
            lines.append(f"  {f'{provider}:{name}{number}':<26} {kind.text}")
    lines.append("Add xN for the next N occasions only, as in bey:500x2.")
    return "\n".join(lines)


class Faults:
    """The faults in force now, shared by all stand-ins of a run."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._active: list[Fault] = []
        self.replace(texts)

    def replace(self, texts: Iterable[str]) -> None:
        """Put these in force in place of all others; raises `UnknownFault`, changing none."""
        self._active = [parse_fault(text) for text in texts]

    def take(self, provider: str, *names: str, lasting: bool = False) -> Fault | None:
        """The fault to show now: the provider's first of these names (`status`: any status).

        Args:
            lasting: only one that shows on all occasions; one that is counted waits for its own.
        """
        whole = _PART_OF.get(provider)
        for fault in self._active:
            named = fault.name in names or (fault.status is not None and "status" in names)
            if lasting and fault.left is not None:
                continue
            if fault.provider in {provider, whole} and named and fault.left != 0:
                if fault.left is not None:
                    fault.left -= 1
                return fault
        return None
