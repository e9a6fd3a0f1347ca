"""How long to wait after the trainee's last word, from the punctuation of the transcript.

The local detector listens to the sound alone. On recordings of people it takes half of the
complete sentences for unfinished (`make turns`). Deepgram's punctuation is a second opinion.
"""

from __future__ import annotations

from typing import Final

from livekit.agents import EndpointingOptions

_ENDS: Final = (".", "?", "!", "。", "？", "！", "।", "؟")
_GOES_ON: Final = (",", ";", ":", "-", "–", "—", "…", "...", "、", "，")

DEFAULT_DELAYS: Final[EndpointingOptions] = {"min_delay": 0.3, "max_delay": 2.0}
"""`min_delay` is waited if the detector takes the turn for complete, otherwise `max_delay`."""
_AFTER_SENTENCE: Final[EndpointingOptions] = {"min_delay": 0.3, "max_delay": 0.5}
_AFTER_PART: Final[EndpointingOptions] = {"min_delay": 1.2, "max_delay": 2.0}


def endpointing_delays(transcript: str) -> EndpointingOptions:
    """Return the delays after a final transcript."""
    text = transcript.rstrip(" \"'»”)")
    if text.endswith(_GOES_ON):
        return _AFTER_PART
    return _AFTER_SENTENCE if text.endswith(_ENDS) else DEFAULT_DELAYS
