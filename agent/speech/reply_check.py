"""Checks what a model writes: code, its instructions and sentences said before are not spoken.

Gemini sometimes writes `print(default_api.record_driven(...))`, a fenced block or JSON as text
instead of calling a function (https://github.com/livekit/agents/issues/5662).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from agent.speech.asides import undecided_from, without_asides

_CODE: Final = re.compile(
    r"```|~~~|[{}]|\[\s*[\"'\[]|</?(?:function|tool|think|thought|ctrl)|\bprint\s?\("
    r"|\bdefault_api\b|\btool_(?:code|outputs?)\b|\bfunction_?(?:call|response)s?\b|\b[a-z]+(?:_[a-z]+)+\s?[(=]"
    r"|\b[a-z_]\w+\.[a-z_]\w+\(|(?-i:\b[a-z]{2,}[A-Z]\w*\()|\b[a-z_]\w*\([\d\"']|\bdef \w+\("
    r"|(?-i:\bimport [a-z_][\w.]*\n)|\bselect \*\s|\||(?<![\w./@-])[a-z]+(?:_[a-z]+)+\b"
    r"|\w\(\)|(?:\A|\s)={1,3}\s|;[ \t]*\n"
    r"|(?-i:(?:\A|\n)\s*(?:User|Human|System|Trainee)\s?:)",
    re.I,
)
"""Signs of code, of a table, or of what others say. No reply that is meant as speech contains
them."""
_END: Final = re.compile(
    r"(?:\A|\n|(?<=[.!?…])\s)\s*(?:User|Human|System|Trainee)\s?:"
    r"|<\||</?(?:end_|start_|eo[st]|s>)|\bEND_"
)
"""After a sentence of the reply, the model goes on with what the trainee may say, or writes its
mark for the end of a turn."""
_STAGE_DIRECTION: Final = re.compile(
    r"\*(?:(?:writes|notes|records|saves|logs) (?:it|this|that|the|your|down)"
    r"|(?:notiert|schreibt|speichert) (?:es|das|die|deine|ihre|sich)"
    r"|(?:anota|escribe|registra|guarda) (?:la|tu|su) respuesta"
    r"|(?:note|écrit|enregistre) (?:la|ta|sa|votre) réponse)\b",
    re.I,
)
"""In `*writes the answer down*`. Other words between asterisks are emphasised speech."""
_MAY_BECOME_CODE: Final = re.compile(
    r"(?:\bdef |\bimport (?:[a-z_][\w.]*\s?)?|\bselect (?:\* ?)?)\Z", re.I
)
"""The end of a text that is held back until more words show whether it is code."""
_THOUGHTS: Final = r"thoughts?|thinking|reasoning|gedanken?|pensamientos?|pensées?"
_MARK: Final = r"\s*(?:[-*#]+\s+)?"
"""Before an item of a list or a heading. Such a reply is spoken, without the mark."""
_OKAY: Final = r"(?:(?:okay|ok|so|hmm),?\s*)?"
_BEGINNING: Final = re.compile(
    rf"{_MARK}(?:(?:{_THOUGHTS})\s*[\n:]|\*\*[^*\n]{{1,60}}\*\*\s*\n"
    rf"|{_OKAY}the\s(?:user|trainee)\s(?:wants|has|is|just|said|says|asked|asks|seems|needs)\b)",
    re.I,
)
"""Beginnings of documents and thoughts."""
_MAY_BECOME_BEGINNING: Final = re.compile(
    rf"{_MARK}(?:{_THOUGHTS}|\*\*[^*\n]{{1,60}}(?:\*\*)?"
    rf"|{_OKAY}(?:the\s*(?:(?:user|trainee)\s*)?)?)\s*",
    re.I,
)
"""A text that may become such a beginning, and is held back until this is certain."""
_SENTENCE: Final = re.compile(r".+?(?:[.!?:…][\"')»”]*\s+|\n\s*|\Z)", re.S)
_COMPLETE: Final = re.compile(r"(?:[.!?:…][\"')»”]*\s+|\n\s*)\Z")
_ENDED: Final = re.compile(r"[.!?…。！？][\"')»”]*\s*\Z")
_ENDS_NOW: Final = re.compile(r"\w,? [^\W\d_]{2,}[.!?…][\"')»”]*\Z")
"""The end of a first sentence, which is passed on at once: the model may pause after it."""
_SENTENCES: Final = re.compile(r".*[.!?…。！？][\"')»”]*(?=\s|\Z)", re.S)
"""All complete sentences of a text."""
_WORD: Final = re.compile(r"[\w']+")
_LEAK_WORDS: Final = 6
"""A sentence with the same first words as an instruction counts as that instruction."""

_BEFORE: Final = 8
"""Characters that show whether a sentence or a line begins."""
_REPEATED_WORDS: Final = 4
"""A sentence with at least so many words is said once in a reply."""


class NotSpeechError(Exception):
    """The model's text must not be spoken."""


class ReplyCheck:
    """Checks the text of one reply, and holds it back until it is certainly speech.

    The first sentence is passed on word by word, so that the voice can begin with its first clause.
    Later ones are passed on as a whole: the reply may be cut short in the middle of one.
    """

    def __init__(self, instructions: str, functions: Iterable[str], said: str = "") -> None:
        """Note the words that a reply may not contain.

        Args:
            instructions: those of the model. Their prose must not be said. Their list items may be
                said: they contain facts and questions for the trainee.
            functions: those that the model may call.
            said: what it has said before these function calls; sentences of it are not repeated.
        """
        beginnings = set(_beginnings(instructions))
        self._prefixes = {words[:n] for words in beginnings for n in range(1, _LEAK_WORDS + 1)}
        self._names = _mentions([name for name in functions if "_" in name])
        self._held = ""
        self._before = "\n"
        """The end of the text that has been passed on."""
        self.is_over = False
        """True if the model has gone on after its reply, which is left out."""
        self.has_sentence = False
        """True if a complete sentence has been passed on."""
        self._said = f" {_words(said)}" if said else ""
        """The words that have been passed on."""
        self._sentences_before = {_words(sentence) for sentence in _SENTENCE.findall(said)}
        self._continues = bool(self._said)
        """True if the first sentence may repeat one from before the function calls."""
        self._has_begun = False
        self.has_repetition = False
        """True if a sentence has been left out because it was said before."""
        self._is_inside_sentence = False
        """True if the beginning of the held sentence has been passed on."""

    @property
    def ends_sentence(self) -> bool:
        """True if the text so far, which may be empty, ends with a complete sentence."""
        held = self._held.strip()
        return _ENDED.search(held) is not None if held else not self._is_inside_sentence

    def add(self, text: str) -> str:
        """Return the text that may be said now; raise NotSpeechError."""
        self._held += text
        if found := _END.search(self._held):
            written, self._held = self._held, self._held[: found.start()]
            self.is_over = self.ends_sentence and (self._has_begun or bool(self._held))
            self._held = self._held if self.is_over else written
        self._refuse_code()
        decided = undecided_from(self._before, self._held)
        undecided = self._held[decided:]
        spoken = without_asides(self._before, self._held[:decided])
        self._held = spoken + undecided
        end = max(spoken.rfind(" "), spoken.rfind("\n")) + 1
        if not (undecided or self.has_sentence) and _ENDS_NOW.search(self._said + spoken):
            end = len(spoken)
        return self._release(end, is_last=False)

    def end(self, *, cut_short: bool = False) -> str:
        """Return what is left at the end of the reply; raise NotSpeechError.

        If it was `cut_short`, an incomplete sentence is left out.
        """
        if cut_short:
            whole = _SENTENCES.match(self._held)
            self._held = whole[0] if whole else ""
        self._refuse_code()
        self._held = without_asides(self._before, self._held)
        return self._release(len(self._held), is_last=True)

    def _refuse_code(self) -> None:
        patterns = (_CODE, _STAGE_DIRECTION, *self._names)
        is_code = any(pattern.search(self._held) for pattern in patterns)
        if is_code or (not self._has_begun and _BEGINNING.match(self._held)):
            raise NotSpeechError

    def _release(self, end: int, *, is_last: bool) -> str:
        if not is_last and (undecided := _MAY_BECOME_CODE.search(self._held[:end])):
            end = undecided.start()
        if not (is_last or self._has_begun) and _MAY_BECOME_BEGINNING.fullmatch(self._held[:end]):
            return ""
        safe, text, inside = 0, "", self._is_inside_sentence
        for found in _SENTENCE.finditer(self._held[:end]):
            complete = _COMPLETE.search(found[0]) is not None
            if not inside:
                words = tuple(_WORD.findall(found[0].lower())[:_LEAK_WORDS])
                if words in self._prefixes:
                    if len(words) == _LEAK_WORDS:
                        raise NotSpeechError
                    if not complete and not is_last:
                        break
            ended = _ENDED.search(found[0]) is not None
            inside = not (complete or ended)
            piece = self._held[safe : found.end()]
            # Symbols alone are no speech: a voice would fail. They go with the next words.
            speech = self._is_inside_sentence or any(map(str.isalnum, piece))
            whole = self.has_sentence or self._continues
            if speech and (is_last or ended or not whole):
                text += self._without_repetition(piece)
                safe, self._is_inside_sentence = found.end(), inside
                self.has_sentence = self.has_sentence or ended
        self._held = self._held[safe:]
        return text

    def _without_repetition(self, text: str) -> str:
        """Return the text; nothing if the reply has said it before."""
        said = _words(text)
        repeated = len(said.split()) >= _REPEATED_WORDS and f" {said} " in f"{self._said} "
        if repeated or said in self._sentences_before:
            self.has_repetition = True
            return ""
        self._has_begun = True
        self._said += f" {said}"
        self._before = f"{self._before}{text}"[-_BEFORE:]
        return text


def _words(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))


def _mentions(functions: list[str]) -> list[re.Pattern[str]]:
    """Patterns of `record_driven`, and of `[record driven: yes]` and `(calls recordDriven)`."""
    if not functions:
        return []
    names = "|".join(map(re.escape, functions))
    spaced = names.replace("_", "[ _]?")
    calls = r"(?:(?:calls?|calling|uses?|using|runs?|running|invokes?) (?:the )?)?"
    enclosed = rf"[\[(*]\s*{calls}(?:{spaced})\s*[\]):*=(]"
    return [re.compile(rf"\b(?:{names})\b"), re.compile(enclosed, re.I)]


def _beginnings(instructions: str) -> Iterator[tuple[str, ...]]:
    """The first words of each sentence of the prose; shorter sentences are left out."""
    for paragraph in instructions.split("\n\n"):
        prose = re.sub(r"^- .*(?:\n .*)*", "\n", paragraph, flags=re.M)
        for sentence in _SENTENCE.findall(prose.replace("\n", " ") + " "):
            words = tuple(_WORD.findall(sentence.lower())[:_LEAK_WORDS])
            if len(words) == _LEAK_WORDS:
                yield words
