"""Leaves out who speaks at the beginning of a reply or a line: `Maya: Hello`."""

from __future__ import annotations

import re
from typing import Final

_ROLES: Final = (
    # `Assistant`, `AI agent`, `Trainerin`
    r"(?:ai |ki-)?(?:(?:chat)?bot|tutor|teacher|trainer|instru[ck]tor|coach|host|narrator|speaker"
    r"|voice|assistant|model|ai|agent|guide|avatar|answer|reply|response|output"
    r"|assistent|ausbilder|sprecher|moderator|stimme|modell|antwort|asistente|locutor|modelo|agente"
    r"|guía|respuesta|voz|formateur|formatrice|narrateur|modèle|réponse|voix)(?:in|a|e)?"
    # `Speaker 1`, `SPEAKER_00`, `Speaker A`
    r"(?:[ _]?\d{1,2}|[ _][A-Z])?"
)
_BEGINS: Final = r"(?<=\n)"
_REMARK: Final = r"\s?\([^()\n]{1,40}\)"
"""Behind a speaker: `Tutor (friendly):`."""
_COLON: Final = r"[*\]]*\s?:[*\]]*\s+"
"""`: `, or `**: ` after bold type."""
_LINE_END: Final = r"[ \t]*\n\s*"


class SpeakerLabels:
    """Removes the labels of one reply."""

    def __init__(self, guide: str) -> None:
        """Expect labels with the agent's name in the script, which may be empty, and with roles."""
        names = "|".join(filter(None, (re.escape(guide), _ROLES)))
        speaker = rf"[*#\s\"“„«-]*(?:{names})[*\]]*"
        label = rf"{speaker}(?:{_REMARK})?(?:{_COLON}|{_LINE_END})"
        self._label = re.compile(rf"{_BEGINS}(?:(?:{label})+|{_COLON})", re.I)
        self._may_become_label = re.compile(
            rf"{_BEGINS}{speaker}\s+(?:\([^()\n]{{0,40}}\)?\s*)?\Z", re.I
        )
        self._held = ""

    def remove(self, before: str, text: str) -> str:
        """Return the next text without labels; hold it back if it may be one.

        Args:
            before: the end of what has been returned; a line break at the beginning.
        """
        text, self._held = self._held + text, ""
        if self._may_become_label.search(before + text):
            self._held = text
            return ""
        size = len(before)
        return self._label.sub(
            lambda found: found[0][: max(0, size - found.start())], before + text
        )[size:]
