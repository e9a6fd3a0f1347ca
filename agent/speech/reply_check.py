"""Passes on the text of a model's reply once it is certainly speech.

The first clause comes at once, so that the voice can begin; the rest comes in whole sentences,
because the reply may be cut short in the middle of one. `not_speech` and `leaks` recognise what
must not be said at all, `asides` and `repetitions` what is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from agent.speech.asides import without_asides
from agent.speech.leaks import Leaks
from agent.speech.not_speech import (
    FIRST_WORDS,
    MAY_BE_THOUGHT,
    OTHER_TURN,
    REPLY_BEGINS,
    NotSpeech,
    NotSpeechError,
)
from agent.speech.repetitions import Repetitions
from agent.speech.sentences import CLOSED, ENDED, complete_sentences

_REPLY_OVER: Final = re.compile(
    # `User: yes`, `<|im_end|>`, `<end_of_turn>`, `</s>`, `<eos>`, `END_OF_TURN`
    rf"{OTHER_TURN}|<\||</?(?:end_|start_|eo[st]|s>)|\bEND_OF"
    # On the same line, `User: your badge number.` may be a hint.
    r"|(?<=[.!?…]\s)(?:User|Human|Trainee)\s?:"
    r"(?=\s*(?i:yes|no|ok|okay|sure|I|ja|nein|ich|sí|yo|oui|non|je)\W)"
)
"""After a sentence of the reply, the model goes on with what the trainee may say, or writes its
mark for the end of a turn."""
_ENDS_NOW: Final = re.compile(rf"\w,? [^\W\d_]{{2,}}[.!?…]{CLOSED}\Z")
"""The end of a first sentence, which is passed on at once: the model may pause after it."""
_WORDS: Final = r"[\W_]*+[^\W_].*?"
"""A voice would fail at symbols alone. They go with the next words."""
_CLAUSE: Final = re.compile(
    rf"{FIRST_WORDS}(?:(?<=,\s)(?=\S)(?!{MAY_BE_THOUGHT}|\"?\w+\"?\s?:)"
    rf"|(?:\"?\w+\"?\s?:\s+)?+{_WORDS}[.!?…,;:]{CLOSED}(?:\s+|\Z))",
    re.S | re.I,
)
"""First words alone do not show enough: `Okay, the user wants …` or `Action: end_greeting`."""
_SENTENCE: Final = re.compile(rf"{_WORDS}[.!?…]{CLOSED}(?:\s+|\Z)", re.S)
_BEFORE: Final = 16
"""Characters of what was passed on that are part of a sign."""


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
        self._unit = _SENTENCE if said else _CLAUSE
        """What is passed on next."""
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
        text = (self._before + self._held).strip()
        return not text or ENDED.search(text) is not None

    def add(self, text: str) -> str:
        """Return the text that may be said now; raise NotSpeechError."""
        self._held += text
        self._leave_out_other_turns()
        return self._check(self._complete_words(self._held), is_last=False)

    def end(self, *, cut_short: bool = False) -> str:
        """Return what is left at the end of the reply; raise NotSpeechError.

        If it was `cut_short`, an incomplete sentence is left out.
        """
        if cut_short:
            self._held = complete_sentences(self._held)
        return self._check(self._held, is_last=True)

    def _leave_out_other_turns(self) -> None:
        text = self._before + self._held
        if (found := _REPLY_OVER.search(text)) and ENDED.search(text[: found.start()]):
            self.is_over, self._held = True, text[len(self._before) : found.start()]

    def _complete_words(self, text: str) -> str:
        """Return a text without the word at its end, which may go on."""
        if not self.has_sentence and _ENDS_NOW.search(self._before + text):
            return text
        return text[: max(text.rfind(" "), text.rfind("\n")) + 1]

    def _check(self, text: str, *, is_last: bool) -> str:
        """Return what may be said of a text, with which the held text begins; keep the rest."""
        self._not_speech.refuse(self._before, text, is_last=is_last)
        incomplete = self._held[len(text) :]
        text, end = without_asides(self._before, text, is_last=is_last)
        said = ""
        while unit := self._first_unit(text[:end], is_last=is_last):
            self._leaks.refuse(unit)
            if self._repetitions.would_loop(unit):
                if not self.has_sentence:
                    raise NotSpeechError
                self.is_over, self._held = True, ""
                return said
            said += self._pass_on(unit)
            text, end = text[len(unit) :], end - len(unit)
        self._held = text + incomplete
        return said

    def _first_unit(self, text: str, *, is_last: bool) -> str:
        """Return the first clause or sentence of a text, or the rest of the reply; may be empty."""
        found = self._unit.match(text)
        if found and self._leaks.may_begin_with(found[0]):
            found = _SENTENCE.match(text)
        if found:
            return found[0]
        return text if is_last and any(map(str.isalnum, text)) else ""

    def _pass_on(self, unit: str) -> str:
        """Return a text; only the space before it if the reply has said it before."""
        self._unit = _SENTENCE
        self.has_sentence = self.has_sentence or ENDED.search(unit) is not None
        if self._repetitions.repeats(unit):
            self.has_repetition = True
            unit = "" if self._before[-1:].isspace() else " "
        self._repetitions.add(unit)
        self._before = f"{self._before}{unit}"[-_BEFORE:]
        return unit
