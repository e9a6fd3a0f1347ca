"""Removes what the trainee should not hear from a reply that is otherwise speech.

That is the agent's name as a label (`Maya: Hello`), and sentences that a second model repeats when
it starts the reply over after a failure.
"""

from __future__ import annotations

import re
from typing import Final

from livekit.agents import llm

_SENTENCES: Final = re.compile(r".*[.!?…][\"')»”]*(?=\s|\Z)", re.S)
"""All complete sentences of a text."""


class SpokenReply:
    """The text of one reply that has been passed on to the voice."""

    def __init__(self, guide: str = "") -> None:
        """Expect a reply of the agent.

        Args:
            guide: the agent's name in the script; may be empty.
        """
        label = rf"[\s*\[]*{re.escape(guide)}[*\]]*\s?:[*\]]*\s*"
        self._label = re.compile(label) if guide else None
        self._attempt: str | None = None
        self.text = ""
        """The text of the current attempt that has been passed on."""
        self._repeats = ""
        """Sentences of the earlier attempt, which the current one may repeat."""
        self._held = ""
        """Text that may turn out to be such a repetition."""

    @property
    def ends_a_sentence(self) -> bool:
        """True if what has been passed on ends with a complete sentence."""
        text = self.text.rstrip()
        found = _SENTENCES.match(text)
        return found is not None and found[0] == text

    def starts_over(self, chunk: llm.ChatChunk) -> bool:
        """Whether another model starts the reply over with this chunk."""
        if not chunk.id or chunk.id == self._attempt:
            return False
        over = self._attempt is not None and bool(self.text)
        self._attempt = chunk.id
        if over:
            said = _SENTENCES.match(self.text)
            self._repeats, self.text, self._held = said[0].strip() if said else "", "", ""
        return over

    def take(self, chunk: llm.ChatChunk) -> llm.ChatChunk:
        """Return the chunk without the sentences that the trainee has heard already."""
        content = chunk.delta.content if chunk.delta else None
        if chunk.delta is None or not content:
            return chunk
        if self._label and not self.text and (label := self._label.match(content)):
            content = content[label.end() :]
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
