"""Removes what the trainee should not hear from a reply that is otherwise speech.

That is who speaks, and sentences that a second model repeats when it starts the reply over after a
failure.
"""

from __future__ import annotations

from livekit.agents import llm

from agent.conversation.speaker_labels import SpeakerLabels
from agent.speech.sentences import complete_sentences


class SpokenReply:
    """The text of one reply that has been passed on to the voice."""

    def __init__(self, guide: str) -> None:
        """Expect a reply of the agent.

        Args:
            guide: the agent's name in the script; may be empty.
        """
        self._labels = SpeakerLabels(guide)
        self._attempt: str | None = None
        self.text = ""
        """The text of the current attempt that has been passed on."""
        self._repeats = ""
        """What the trainee has heard of the earlier attempt, and the current one may repeat."""
        self._held = ""
        """Text that may turn out to be such a repetition."""

    @property
    def ends_a_sentence(self) -> bool:
        """True if what has been passed on ends with a complete sentence."""
        text = self.text.rstrip()
        return bool(text) and complete_sentences(text) == text

    def starts_over(self, chunk: llm.ChatChunk) -> bool:
        """Whether another model starts the reply over with this chunk."""
        if not chunk.id or chunk.id == self._attempt:
            return False
        over = self._attempt is not None and bool(self.text)
        self._attempt = chunk.id
        if over:
            self._repeats = self.text.strip()
            self.text, self._held = "", ""
        return over

    def take(self, chunk: llm.ChatChunk) -> llm.ChatChunk:
        """Return the chunk without what the trainee has heard already."""
        content = chunk.delta.content if chunk.delta else None
        if chunk.delta is None or not content:
            return chunk
        content = self._labels.remove(self.text[-2:] or "\n", content)
        if self._repeats:
            self._held += content
            held = self._held.lstrip()
            if len(held) < len(self._repeats) and self._repeats.startswith(held):
                content = ""
            else:
                content = held.removeprefix(self._repeats).lstrip()
                self._repeats = ""
        self.text += content
        delta = chunk.delta.model_copy(update={"content": content or None})
        return chunk.model_copy(update={"delta": delta})
