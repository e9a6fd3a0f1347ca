"""What one trainee's client has seen and heard: first word, modes, opening, answer."""

from __future__ import annotations

from agent.room.contract import ATTRIBUTE_QUESTIONS
from tests.support.livekit_client import FRAME_S, Caption, LiveKitClient
from tests.support.pace import shortest_s
from tests.support.shipped_scripts import first_sentence, shipped_script

QUESTION = "How long does the video take?"
OPENING = shipped_script().opening
_APOLOGY = shipped_script().apology
_SHORTEST_ANSWER_WORDS = 4


class Observer:
    """Observes a client that has just joined."""

    def __init__(self, client: LiveKitClient) -> None:
        self.client = client
        self.modes: list[str] = []
        """Every value of `greeting.mode`, in order."""
        self._note_mode()
        client.room.on("participant_attributes_changed", self._note_mode)
        client.room.on("participant_connected", self._note_mode)

    @property
    def mode(self) -> str:
        """The current mode; empty until the agent has set one."""
        return self.modes[-1] if self.modes else ""

    def first_word(self) -> float | None:
        """Return when the first word was heard, or read in text mode; time.monotonic()."""
        sound = self.client.first_sound()
        at = [sound[0]] if sound else []
        if self.mode == "text":
            at += [caption.began_at for caption in self._agent_captions()]
        return min(at, default=None)

    @property
    def opening_is_over(self) -> bool:
        """True from the end of the opening, whether or not all of it was heard."""
        return self.client.agent is not None and ATTRIBUTE_QUESTIONS in self.client.agent.attributes

    def opening(self) -> str:
        """Return the opening as its last caption shows it; the agent may have said it twice."""
        said = [caption.text.strip() for caption in self._agent_captions() if _is_opening(caption)]
        return said[-1] if said else ""

    def heard_s(self) -> float:
        """Return how many seconds of loud sound have arrived."""
        return FRAME_S * sum(len(audio.loud_at) for audio in self.client.audio.values())

    def answer(self, asked_at: float) -> tuple[float, bool] | None:
        """Return when the answer began, and whether it is only an apology.

        Sound counts from the answer's caption on; earlier sound may belong to an earlier line.
        """
        for caption in self._agent_captions(after=asked_at):
            if _is_opening(caption) or len(caption.text.split()) < _SHORTEST_ANSWER_WORDS:
                continue
            sound = self.client.first_sound(after=caption.began_at)
            if sound or self.mode == "text":
                at = sound[0] if sound else caption.began_at
                return at, _APOLOGY.startswith(caption.text.strip()[: len(_APOLOGY)])
        return None

    def last_line(self, after: float) -> str:
        """Return the last caption that began after a moment."""
        said = self._agent_captions(after)
        return said[-1].text.strip() if said else ""

    def _agent_captions(self, after: float = 0.0) -> list[Caption]:
        me = self.client.room.local_participant.identity
        captions = self.client.live_captions
        return [c for c in captions if c.identity != me and c.began_at > after]

    def _note_mode(self, *_: object) -> None:
        agent = self.client.agent
        mode = agent.attributes.get("greeting.mode", "") if agent else ""
        if mode and mode != self.mode:
            self.modes.append(mode)


def is_whole(opening: str, heard_s: float, mode: str) -> bool:
    """Return whether the whole opening was heard, or read in text mode."""
    heard = mode == "text" or heard_s >= shortest_s(opening)
    return opening == OPENING and heard


def _is_opening(caption: Caption) -> bool:
    text = caption.text.strip()
    return text.startswith(first_sentence(OPENING)) or OPENING.startswith(text)
