"""Removes what the trainee should not hear from a reply that is otherwise speech.

That is who speaks (`Maya: Hello`, `Speaker 1: Hello`), and sentences that a second model repeats
when it starts the reply over after a failure.
"""

from __future__ import annotations

import re
from typing import Final

from livekit.agents import llm

from agent.speech.sentences import complete_sentences

_ROLES: Final = (
    r"(?:ai |ki-)?(?:(?:chat)?bot|tutor|teacher|trainer|instru[ck]tor|coach|host|narrator|speaker"
    r"|voice|assistant|model|ai|agent|guide|avatar|answer|reply|response|output"
    r"|assistent|ausbilder|sprecher|moderator|stimme|modell|antwort|asistente|locutor|modelo|agente"
    r"|guía|respuesta|voz|formateur|formatrice|narrateur|modèle|réponse|voix)(?:in|a|e)?"
    r"(?:[ _]?\d{1,2}|[ _][A-Z])?"
)
"""Also `Trainerin`, `SPEAKER_00`, `Speaker A`."""
_REMARK: Final = r"\s?\([^()\n]{1,40}\)"
"""Behind a speaker: `Tutor (friendly):`."""


class SpokenReply:
    """The text of one reply that has been passed on to the voice."""

    def __init__(self, guide: str = "") -> None:
        """Expect a reply of the agent.

        Args:
            guide: the agent's name in the script; may be empty.
        """
        names = "|".join(filter(None, (re.escape(guide), _ROLES)))
        speaker = rf"[*#\s\"“„«-]*(?:{names})[*\]]*"
        begins = r"(?:(?<=[.!?…]\s)|(?<=\n))"
        colon = r"[*\]]*\s?:[*\]]*\s+"
        self._label = re.compile(
            rf"{begins}(?:(?:{speaker}(?:{_REMARK})?(?:{colon}|[ \t]*\n\s*))+|{colon})", re.I
        )
        undecided = r"\s+(?:\([^()\n]{0,40}\)?\s*)?"
        self._may_become_label = re.compile(rf"{begins}{speaker}{undecided}\Z", re.I)
        self._attempt: str | None = None
        self.text = ""
        """The text of the current attempt that has been passed on."""
        self._repeats = ""
        """Sentences of the earlier attempt, which the current one may repeat."""
        self._held = ""
        """Text that may turn out to be such a repetition."""
        self._speaker = ""
        """Text that may turn out to be a label."""

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
            self._repeats = complete_sentences(self.text).strip()
            self.text, self._held = "", ""
        return over

    def take(self, chunk: llm.ChatChunk) -> llm.ChatChunk:
        """Return the chunk without the sentences that the trainee has heard already."""
        content = chunk.delta.content if chunk.delta else None
        if chunk.delta is None or not content:
            return chunk
        content = self._without_label(content)
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

    def _without_label(self, content: str) -> str:
        """Return the text without speakers; hold it back if it may be one."""
        before, content = self.text[-2:] or "\n", self._speaker + content
        if self._may_become_label.search(before + content):
            self._speaker = content
            return ""
        self._speaker, size = "", len(before)
        return self._label.sub(
            lambda found: found[0][: max(0, size - found.start())], before + content
        )[size:]
