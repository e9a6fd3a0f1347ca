"""Decides from the transcript how long to wait after the trainee's last word, without Flux.

The local turn detector uses only the audio. On recordings of people it mistakes half of the
complete sentences for unfinished ones (docs/performance-notes.md). The transcript is therefore used
too: its punctuation, or, for models and languages without punctuation, its first and last word.
"""

from __future__ import annotations

import re
from typing import Final

from livekit.agents import EndpointingOptions

_ENDS: Final = (".", "!", "。", "！", "।")
_ASKS: Final = ("?", "？", "؟")
_GOES_ON: Final = (",", ";", ":", "-", "–", "—", "…", "...", "、", "，")
_QUESTION_WORDS: Final = frozenset(
    # English, German, Spanish, French
    "what where when who why how which do does did is are am can could will would should may have"
    " has was wo wann wer warum wieso wie welche welcher welches ist sind kann können darf muss"
    " gibt hast haben qué que dónde donde cuándo cuando quién quien cómo como cuál cual es son"
    " puedo puede hay quoi où quand qui pourquoi comment combien quel quelle est puis peut".split()
)
_LINKS: Final = frozenset(
    "and or but so because if the a an to of for with in at um uh er my your"
    " und oder aber weil dass wenn ein eine zu von für mit ähm äh"
    " y o pero porque el los las un una de a para con en eh"
    " et ou mais parce le les du des une à pour avec dans euh".split()
)
"""Words that rarely end a sentence."""
_QUESTION_LENGTH: Final = 3
"""In words. A shorter transcript may be only the beginning of a question."""

DETECTOR_STRICTNESS: Final = 0.5
"""The detector considers a turn incomplete below this share of its own threshold. Its threshold is
made for audio alone; here, the transcript counts as well."""
DEFAULT_DELAYS: Final[EndpointingOptions] = {"min_delay": 0.6, "max_delay": 2.0}
"""Seconds from the last sound of speech. The agent waits `min_delay` unless the detector considers
the turn incomplete; then it waits `max_delay`."""
_AFTER_QUESTION: Final[EndpointingOptions] = {"min_delay": 0.3, "max_delay": 0.5}
_AFTER_SENTENCE: Final[EndpointingOptions] = {"min_delay": 0.6, "max_delay": 1.6}
"""A full stop is weaker evidence than a question mark: the first part of a sentence may have one.
The reply is generated meanwhile, which takes about as long as `min_delay`."""
_AFTER_PART: Final[EndpointingOptions] = {"min_delay": 1.6, "max_delay": 2.0}


def endpointing_delays(transcript: str) -> EndpointingOptions:
    text = transcript.rstrip(" \"'»”)")
    words = re.findall(r"[\w']+", text.lower())
    if text.endswith(_ASKS):
        return _AFTER_QUESTION
    if text.endswith(_ENDS) and not text.endswith(_GOES_ON):
        return _AFTER_SENTENCE
    if text.endswith(_GOES_ON) or (words and words[-1] in _LINKS):
        return _AFTER_PART
    if len(words) >= _QUESTION_LENGTH and words[0] in _QUESTION_WORDS:
        return _AFTER_QUESTION
    return DEFAULT_DELAYS
