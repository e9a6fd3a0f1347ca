"""Path and first message of Gemini's Live API. Imports no plugin, so that `doctor` can use it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

LIVE_PATH: Final = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"


def live_setup(model: str, keyterms: Sequence[str] = ()) -> dict[str, Any]:
    """Return the first message
    (https://ai.google.dev/gemini-api/docs/live-api/live-transcribe)."""
    # Without languageCodes, the model detects the language.
    transcription = {"customVocabulary": list(keyterms)} if keyterms else {}
    return {
        "setup": {
            "model": f"models/{model}",
            "generationConfig": {"responseModalities": ["TEXT"]},
            "inputAudioTranscription": transcription,
        }
    }
