"""Passes on the text of a model's reply once it is certainly speech.

`not_speech` and `leaks` recognise what must not be said at all, `asides` and `repetitions` what is
left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum, auto
from typing import Final

from agent.speech.asides import without_asides
from agent.speech.leaks import Leaks
from agent.speech.not_speech import (
    MAY_BECOME_BEGINNING,
    MAY_BECOME_SIGN,
    REPLY_BEGINS,
    NotSpeech,
    NotSpeechError,
)
from agent.speech.repetitions import Repetitions
from agent.speech.sentences import COMPLETE, ENDED, PIECE, complete_sentences

_REPLY_OVER: Final = re.compile(
    # `User: yes`
    r"(?:\A|\n|(?<=[.!?…])\s)\s*(?:User|Human|System|Trainee)\s?:"
    # `<|im_end|>`, `<end_of_turn>`, `</s>`, `<eos>`, `END_OF_TURN`
    r"|<\||</?(?:end_|start_|eo[st]|s>)|\bEND_"
)
"""After a sentence of the reply, the model goes on with what the trainee may say, or writes its
mark for the end of a turn."""
_ENDS_NOW: Final = re.compile(r"\w,? [^\W\d_]{2,}[.!?…][\"')»”]*\Z")
"""The end of a first sentence, which is passed on at once: the model may pause after it."""
_BEFORE: Final = 16
"""Characters of what was passed on that are part of a sign."""


class _Stage(Enum):
    """How text is passed on."""

    FIRST_SENTENCE_BEGINS = auto()
    """Word by word, so that the voice can begin with the first clause."""
    FIRST_SENTENCE_GOES_ON = auto()
    """Word by word; the beginning of the held text is inside a sentence."""
    LATER_SENTENCES = auto()
    """As whole sentences: the reply may be cut short in the middle of one."""


class ReplyCheck:
    """Checks the text of one reply, and holds it back until it is certainly speech."""

    def __init__(self, instructions: str, functions: Iterable[str], said: str = "") -> None:
        """Begin a reply.

        Args:
            instructions: those of the model.
            functions: those that the model may call.
            said: what it has said before these function calls; sentences of it are not repeated.
        """
        self._not_speech = NotSpeech(functions)
        self._leaks = Leaks(instructions)
        self._repetitions = Repetitions(said)
        self._stage = _Stage.LATER_SENTENCES if said else _Stage.FIRST_SENTENCE_BEGINS
        self._held = ""
        self._before = REPLY_BEGINS
        """The end of the text that has been passed on."""
        self.is_over = False
        """True if the model goes on after its reply, or says the same words again and again: what
        follows is left out."""
        self.has_sentence = False
        """True if a complete sentence has been passed on."""
        self.has_repetition = False
        """True if a sentence has been left out because it was said before."""

    @property
    def ends_sentence(self) -> bool:
        """True if the text so far, which may be empty, ends with a complete sentence."""
        if held := self._held.strip():
            return ENDED.search(held) is not None
        return self._stage is not _Stage.FIRST_SENTENCE_GOES_ON

    @property
    def _begun(self) -> bool:
        return self._before != REPLY_BEGINS

    def add(self, text: str) -> str:
        """Return the text that may be said now; raise NotSpeechError."""
        self._held += text
        self._leave_out_other_turns()
        self._not_speech.refuse(self._before, self._held, is_last=False)
        self._held, end = without_asides(self._before, self._held, is_last=False)
        return self._pass_on(self._certain_until(end))

    def end(self, *, cut_short: bool = False) -> str:
        """Return what is left at the end of the reply; raise NotSpeechError.

        If it was `cut_short`, an incomplete sentence is left out.
        """
        if cut_short:
            self._held = complete_sentences(self._held)
        self._not_speech.refuse(self._before, self._held, is_last=True)
        self._held, end = without_asides(self._before, self._held, is_last=True)
        return self._pass_on(end, is_last=True)

    def _leave_out_other_turns(self) -> None:
        found = _REPLY_OVER.search(self._held)
        if found is None:
            return
        written, self._held = self._held, self._held[: found.start()]
        self.is_over = self.ends_sentence and (self._begun or bool(self._held))
        if not self.is_over:
            self._held = written

    def _certain_until(self, end: int) -> int:
        """Return where the text ends, before `end`, that more text cannot change."""
        text = self._held[:end]
        if end < len(self._held) or not self._ends_first_sentence(text):
            text = text[: max(text.rfind(" "), text.rfind("\n")) + 1]
        if found := MAY_BECOME_SIGN.search(text):
            text = text[: found.start()]
        if not self._begun and MAY_BECOME_BEGINNING.fullmatch(text):
            return 0
        return len(text)

    def _ends_first_sentence(self, text: str) -> bool:
        return not self.has_sentence and _ENDS_NOW.search(self._before + text) is not None

    def _pass_on(self, end: int, *, is_last: bool = False) -> str:
        """Return what may be said of the held text before `end`, and keep the rest."""
        said, start = "", 0
        for found in PIECE.finditer(self._held[:end]):
            piece = found[0]
            ends = ENDED.search(piece) is not None
            complete = COMPLETE.search(piece) is not None
            begins = self._stage is not _Stage.FIRST_SENTENCE_GOES_ON
            if begins and self._leaks.may_be_in(piece) and not (complete or is_last):
                break
            text = self._held[start : found.end()]
            if begins and not any(map(str.isalnum, text)):
                continue  # A voice would fail at symbols alone. They go with the next words.
            if self._stage is _Stage.LATER_SENTENCES and not (ends or is_last):
                continue
            if self._repetitions.would_loop(text):
                if not self.has_sentence:
                    raise NotSpeechError
                self.is_over, self._held = True, ""
                return said
            said += self._without_repetition(text)
            start = found.end()
            if ends:
                self.has_sentence = True
                self._stage = _Stage.LATER_SENTENCES
            elif self._stage is not _Stage.LATER_SENTENCES:
                self._stage = (
                    _Stage.FIRST_SENTENCE_BEGINS if complete else _Stage.FIRST_SENTENCE_GOES_ON
                )
        self._held = self._held[start:]
        return said

    def _without_repetition(self, text: str) -> str:
        """Return the text; only the space before it if the reply has said it before."""
        if self._repetitions.repeats(text):
            self.has_repetition = True
            text = "" if self._before[-1:].isspace() else " "
        self._repetitions.add(text)
        self._before = f"{self._before}{text}"[-_BEFORE:]
        return text
