"""Signs that a model writes something else than speech: code, formulas, thoughts.

Gemini sometimes writes `print(default_api.record_driven(...))`, a fenced block or JSON as text
instead of calling a function (https://github.com/livekit/agents/issues/5662). No reply that
is meant as speech contains these signs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_CODE: Final = {
    r"```|~~~": "```python",
    r"[{}]": '{"value": true}',
    r"\[\s*[\"'\[]": '["reach"]',
    r"</?(?:function|tool|think|thought|ctrl)": "<tool_call>",
    r"\b(?:function|tool)(?:_?calls?\b| calls?[:(])": "functionCall",
    # Names and calls. Speech has `person(s)`, `9(2)`, `a_b.html` and `e.g.(steel)`.
    r"(?<![\w./@-])[a-z]+(?:_[a-z]+)+\b": "truck_type",
    r"\b[a-z_]\w+\.[a-z_]\w+\(": "console.log(",
    r"(?-i:\b[a-z]{2,}[A-Z]\w*\()": "recordTruck(",
    r"\b[a-z_]\w*\([\d\"']": "range(3)",
    r"\w\(\)": "EndGreeting()",
    r"\bprint\s?\(": "print(x)",
    # Statements.
    r"\bdef \w+\(": "def f(x)",
    r"(?-i:\bimport [a-z_][\w.]*\n)": "import json\n",
    r"\bselect \*\s": "SELECT * FROM",
    r"(?:\A|\s)={1,3}\s": "x = 3",
    r";[ \t]*\n": "x += 1;\n",
    # Tables, formulas, escape sequences and HTML.
    r"\|": "Part | Check",
    r"\\|\$\$|\w\^": r"\frac, \n, $$E$$ or x^2",
    r"&(?:\w{2,8}|#\d{1,5});": "&nbsp;",
}
_OTHERS: Final = {
    r"(?-i:\n\s*(?:User|Human|System|Trainee)\s?:)": "\nUser: yes",
    # It only says that it notes the answer. Other words between asterisks are emphasised speech.
    r"\*(?:(?:writes|notes|records|saves|logs) (?:it|this|that|the|your|down)"
    r"|(?:notiert|schreibt|speichert) (?:es|das|die|deine|ihre|sich)"
    r"|(?:anota|escribe|registra|guarda) (?:la|tu|su) respuesta"
    r"|(?:note|écrit|enregistre) (?:la|ta|sa|votre) réponse)\b": "*writes the answer down*",
}
"""What others say, and directions."""
SIGNS: Final = {**_CODE, **_OTHERS}
"""Patterns, each with an example."""
_SIGN: Final = re.compile("|".join(SIGNS), re.I)
MAY_BECOME_SIGN: Final = re.compile(
    r"(?:\bdef |\bimport (?:[a-z_][\w.]*\s?)?|\bselect (?:\* ?)?)\Z", re.I
)
"""The end of a text that is held back until more words show whether it is code."""

REPLY_BEGINS: Final = "\n"
"""Before the first word of a reply."""
_MARK: Final = r"\s*(?:[-*#]+\s+)?"
"""Before an item of a list or a heading. Such a reply is spoken, without the mark."""
_THOUGHTS: Final = r"thoughts?|thinking|reasoning|gedanken?|pensamientos?|pensées?"
_OKAY: Final = r"(?:(?:okay|ok|so|hmm),?\s*)?"
_BEGINNING: Final = re.compile(
    # `Thinking: …`, or a line `thought`
    rf"{_MARK}(?:(?:{_THOUGHTS})\s*[\n:]"
    # A line `**Planning the answer**`
    r"|\*\*[^*\n]{1,60}\*\*\s*\n"
    # `Okay, the user wants to go on.`
    rf"|{_OKAY}the\s(?:user|trainee)\s(?:wants|just|said|asked|is\sasking|seems)\b"
    # `Null.` is German for zero.
    r"|(?-i:null|undefined|NaN)\s*[.!](?!\w))",
    re.I,
)
"""Signs only at the beginning of a reply: documents and thoughts."""
MAY_BECOME_BEGINNING: Final = re.compile(
    rf"{_MARK}(?:{_THOUGHTS}|\*\*[^*\n]{{1,60}}(?:\*\*)?"
    rf"|{_OKAY}(?:the\s*(?:(?:user|trainee)\s*(?:is\s*)?)?)?)\s*",
    re.I,
)
"""A text that may become such a beginning, and is held back until this is certain."""


class NotSpeechError(Exception):
    """The model's text must not be spoken."""


class NotSpeech:
    """The signs for a model that may call certain functions."""

    def __init__(self, functions: Iterable[str]) -> None:
        # `record_driven` or `recordDriven`, and `[record driven: yes]` or `(calls record driven)`
        names = "|".join(re.escape(name) for name in functions if "_" in name) or r"(?!)"
        joined, spaced = names.replace("_", "_?"), names.replace("_", "[ _]?")
        calls = r"(?:(?:calls?|calling|uses?|using|runs?|running|invokes?) (?:the )?)?"
        enclosed = rf"[\[(*]\s*{calls}(?:{spaced})\s*[\]):*=(]"
        self._call = re.compile(rf"\b(?:{joined})\b|{enclosed}", re.I)

    def refuse(self, before: str, text: str, *, is_last: bool) -> None:
        """Raise NotSpeechError if a text has a sign.

        Args:
            before: the end of what has been passed on, where a sign may begin; only a line break at
                the beginning.
            is_last: whether the reply ends with the text.
        """
        written = before + text + ("." if is_last else "")
        for pattern in (_SIGN, self._call):
            # In `before` it is the rest of a longer word, such as `first_steps` of an address.
            if any(found.end() > len(before) for found in pattern.finditer(written)):
                raise NotSpeechError
        if before == REPLY_BEGINS and _BEGINNING.match(written, len(before)):
            raise NotSpeechError
