"""Chooses the speech recognition model for a locale.

Imports no plugin, so that `doctor` can use it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent.core.locales import language_of

_FLUX_ENGLISH: Final = "flux-general-en"
_FLUX_MULTI: Final = "flux-general-multi"
_NOVA_3: Final = "nova-3"
MULTI: Final = "multi"
"""nova-3's setting for speech that mixes several languages."""

_FLUX_MULTI_COVERS: Final = frozenset({"en", "es", "fr", "de", "hi", "ru", "pt", "ja", "it", "nl"})
"""https://developers.deepgram.com/docs/flux/language-prompting"""
_NOVA_MULTI_COVERS: Final = _FLUX_MULTI_COVERS
"""https://developers.deepgram.com/docs/multilingual-code-switching"""
_NOVA_3_COVERS: Final = frozenset(
    "ar be bg bn bs ca cs da de-ch el et fa fi he hr hu id kn ko lt lv mk mr ms ne nl-be no pa pl"
    " ro sk sl sr sv ta te th tl tr uk ur vi zh zh-cn zh-hans zh-tw zh-hant zh-hk".split()
)
"""Languages that nova-3 recognises alone
(https://developers.deepgram.com/docs/models-languages-overview)."""
_OTHER_NAMES: Final = {"nb": "no", "nn": "no", "fil": "tl", "iw": "he", "in": "id", "yue": "zh-hk"}
"""Deepgram's codes for languages with several codes."""


@dataclass(frozen=True)
class RecognitionChoice:
    """A Deepgram model and the languages to recognise."""

    model: str
    languages: tuple[str, ...]
    """Flux: the language hints, none for English only. Other models: one language."""

    @property
    def is_flux(self) -> bool:
        """True if the model itself decides when the trainee's turn ends."""
        return self.model.startswith("flux")

    @property
    def path(self) -> str:
        return "/v2/listen" if self.is_flux else "/v1/listen"

    @property
    def query(self) -> list[tuple[str, str]]:
        name = "language_hint" if self.is_flux else "language"
        return [("model", self.model), *((name, language) for language in self.languages)]


def choose_recognition(model: str, locales: Sequence[str]) -> RecognitionChoice:
    """Choose the model for DEEPGRAM_STT_MODEL, and the languages of a conversation.

    `locales` has the conversation's own first, then those it can change to.
    """
    if model.startswith("flux"):
        # Sorted, so that all languages of a script share one connection.
        hints = tuple(sorted({language_of(locale) for locale in locales} & _FLUX_MULTI_COVERS))
        if language_of(locales[0]) not in _FLUX_MULTI_COVERS:
            model = _NOVA_3
        elif model not in (_FLUX_ENGLISH, _FLUX_MULTI):
            return RecognitionChoice(model, ())
        elif hints == ("en",):
            return RecognitionChoice(_FLUX_ENGLISH, ())
        else:
            return RecognitionChoice(_FLUX_MULTI, hints)
    if not model.startswith(_NOVA_3):
        return RecognitionChoice(model, (locales[0],))
    return RecognitionChoice(model, (_nova_3_language(locales[0]),))


def _nova_3_language(locale: str) -> str:
    """Return nova-3's code for a locale; `multi`, which Deepgram accepts, if it has none."""
    language = language_of(locale)
    if language in _NOVA_MULTI_COVERS:
        return MULTI
    tag = _OTHER_NAMES.get(locale.lower(), locale.lower())
    for code in (tag, _OTHER_NAMES.get(language, language)):
        if code in _NOVA_3_COVERS:
            return code
    return MULTI
