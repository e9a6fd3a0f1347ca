"""Signs that a model writes something else than speech: code, formulas, thoughts.

Gemini sometimes writes `print(default_api.record_driven(...))`, a fenced block or JSON as text
instead of calling a function (https://github.com/livekit/agents/issues/5662). No reply that
is meant as speech contains these signs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_LINE: Final = r"\n[^\S\n]*+"
"""The beginning of a line. It matches once in a run of line breaks: a model may write hundreds."""
OTHER_TURN: Final = (
    rf"{_LINE}(?:User|Human|System|Trainee|Nutzer|Benutzer|Usuario|Aprendiz|Utilisateur"
    r"|Apprenant)\s?:"
)
"""`User: yes`, at the beginning of a line."""
FIRST_WORDS: Final = r"(?:(?:okay|ok|so|hmm|also|gut|bueno|vale|bien|bon|alors),?\s+)*+"
_THOUGHTS: Final = (
    "thoughts?|thinking|reasoning|analysis|gedanken?|überlegung(?:en)?|pensamientos?|razonamiento"
    "|pensées?|réflexions?|raisonnement"
)
_TRAINEE: Final = (
    r"(?:(?:the|der|die|el|la|le)\s|l['’])?(?:user|trainee|nutzer(?:in)?|benutzer(?:in)?"
    r"|usuari[oa]|aprendiz|utilisat(?:eur|rice)|apprenante?)"
)
MAY_BE_THOUGHT: Final = rf"(?:the|der|die|el|la|le)\s*\Z|{_TRAINEE}"
"""After the first words, what may become `the user wants …`."""
_DOES: Final = (
    r"(?:wants\sto|(?:has\s)?(?:just\s)?(?:said|asked|answered)|is\sasking|seems"
    r"|(?:möchte|will)\s(?:weiter|gehen|\w*machen)|hat\s(?:\w+\s)?ge(?:sagt|fragt|antwortet)|scheint"
    r"|quiere\s(?:seguir|continuar)|(?:ha\s)?(?:dijo|dicho|preguntado|respondido)|parece"
    r"|veut\s(?:continuer|passer)|a\s(?:dit|demandé|répondu)|semble)"
)
_CODE: Final = {
    r"```|~~~": "```python",
    r"[{}]": '{"value": true}',
    r"\[\s*[\"'\[]": '["reach"]',
    rf"</?(?:function|tool|think|ctrl|invoke|reflect|(?:{_THOUGHTS})\b)": "<tool_call>",
    rf"<!--|<\||\bEND_OF|\[(?:{_THOUGHTS})\]": "<|channel|>",
    r"\b(?:function|tool)(?:_?calls?\b| calls?[:(])": "functionCall",
    # Names and calls. Speech has `E_STOP`, `a_b@c.de`, `a_b.pdf`, `person(s)`, `di(2-ethylhexyl)`.
    r"(?-i:(?<![\w./@#-])[a-z]+(?:_[a-z]+)+\b)(?![./@]\w)": "truck_type",
    r"\b[a-z_]\w+\.[a-z_]\w+\(": "console.log(",
    r"(?-i:\b[a-z]{2,}[A-Z]\w*\()": "recordTruck(",
    r"\b[a-z_]\w*\([\d., ]*[)\"']": "range(3)",
    r"\bprint\s?\(": "print(x)",
    # Statements. A line of speech begins with a capital letter, or the mark of a list.
    rf"(?-i:{_LINE}(?:import|from|def|class|return|lambda|while|await|assert) \w)": "\nimport json",
    rf"(?-i:{_LINE}[a-z]\w*(?:\[.*\])? ?[-+*/]?= ?)": "\nx = 3",
    r"={2,3}|= ?(?:true|false|none|null)\b|\b(?:let|const|var) \w+ =": "let x = 3",
    r"\bdef \w+\(": "def f(x)",
    r"(?-i:\bSELECT .+ FROM )": "SELECT * FROM users",
    r"\"\w+\": ?(?:true|false|null|\")": '"value": true',
    # Markdown's mark of code; no nested item of a list.
    r"\n(?: {4}|\t)[^\S\n]*+[^\W\d]": "\n    next",
    # Tables, formulas, escape sequences and HTML.
    rf"{_LINE}\||--\s*\|": "Part | Check\n--- | ---",
    r"(?<![\w:])\\|(?-i:\\n(?![a-z]))|\$\$": r"\frac, \n or $$E$$",
    r"&(?:\w{2,8}|#\d{1,5});": "&nbsp;",
}
_THINKS: Final = {
    # At the beginning of a line. A list or heading is spoken, without its mark.
    rf"{_LINE}(?:[-*#]+\s+)?(?:{_THOUGHTS})\s*[\n:]": "\nThinking:",
    rf"{_LINE}\*\*[^*\n]{{1,60}}\*\*\s*\n\s*"
    r"(?:I|My|Ich|Mein|Je|J'|Mon|Ma|Mi)\b": "\n**Planning the answer**\nI",
    rf"{_LINE}{FIRST_WORDS}{_TRAINEE}\s{_DOES}\b": "\nOkay, the user wants to go on",
    # `Null.` is German for zero.
    rf"{_LINE}(?-i:null|undefined|NaN|true|false)\s*\.[\s.]*\Z": "\nnull.",
}
_OTHERS: Final = {
    rf"(?-i:{OTHER_TURN})": "\nUser: yes",
    # It only says that it notes the answer. Other words between asterisks are emphasised speech.
    r"\*(?:(?:writes|notes|records|saves|logs) (?:it|this|that|the|your|down)"
    r"|(?:notiert|schreibt|speichert) (?:es|das|die|deine|ihre|sich)"
    r"|(?:anota|escribe|registra|guarda) (?:la|tu|su) respuesta"
    r"|(?:note|écrit|enregistre) (?:la|ta|sa|votre) réponse)\b": "*writes the answer down*",
}
"""What others say, and directions."""
SIGNS: Final = {**_CODE, **_THINKS, **_OTHERS}
"""Patterns, each with an example."""
_SIGN: Final = re.compile("|".join(SIGNS), re.I)

REPLY_BEGINS: Final = "\n"
"""Before the first word of a reply."""


class NotSpeechError(Exception):
    """The model's text must not be spoken."""


class NotSpeech:
    """The signs for a model that may call certain functions."""

    def __init__(self, functions: Iterable[str]) -> None:
        # `record_driven` or `recordDriven`, and `[record driven: yes]` or `(calls record driven)`.
        # In mid-sentence, `(stop recording)` may be the name of a button.
        names = "|".join(re.escape(name) for name in functions if "_" in name) or r"(?!)"
        joined, spaced = names.replace("_", "_?"), names.replace("_", "[ _]?")
        calls = r"(?:calls?|calling|uses?|using|runs?|running|invokes?) (?:the )?"
        opens = rf"(?:\[|[\[(*`]\s*{calls}|(?<!\w )[(*`])\s*"
        enclosed = rf"{opens}(?:{calls})?(?:{spaced})\s*[\]):*=(`]"
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
