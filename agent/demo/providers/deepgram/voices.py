"""Aura voices, and what `/v1/speak` refuses, as Deepgram documents it in `voices.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from multidict import MultiMapping

from agent.demo.providers.speech import VoiceChoice, espeak_name

_RULES: Final[dict[str, Any]] = json.loads(
    Path(__file__).with_name("voices.json").read_text(encoding="utf-8")
)
VOICES: Final[dict[str, str]] = {
    f"{family}-{name}-{language}": language
    for family in ("aura-2", "aura")
    for language, names in _RULES[family].items()
    for name in names.split()
}
"""The language of each voice."""
_MALE: Final = frozenset(_RULES["male"].split())


def speak_problem(query: MultiMapping[str]) -> str:
    """Return why Deepgram refuses a connection to `/v1/speak`; empty if it accepts it."""
    if unknown := set(query) - set(_RULES["parameters"]):
        return f"Failed to deserialize query parameters: unknown field `{min(unknown)}`"
    model = query.get("model", "")
    if model.startswith("flux-"):
        return "Flux TTS models are not supported on the /v1/speak endpoint. Please use /v2/speak."
    if model not in VOICES:
        return "No such model/version combination found."
    if query.get("encoding", "linear16") != "linear16":
        return "Unsupported audio format: this stand-in knows encoding=linear16 only."
    if query.get("sample_rate", "24000") not in map(str, _RULES["sample_rates"]):
        return "Unsupported audio format: `sample_rate` is not applicable when `encoding=linear16`."
    if "speed" not in query:
        return ""
    limits = _RULES["speed"].get(VOICES[model]) if model.startswith("aura-2-") else None
    if limits is None:
        return f"speed is not supported for {model}"
    try:
        within = limits[0] <= float(query["speed"]) <= limits[1]
    except ValueError:
        within = False
    return "" if within else f"speed must be between {limits[0]} and {limits[1]}"


def aura_voice(model: str, speed: float) -> VoiceChoice:
    """Return the local voice that stands in for an Aura voice."""
    rate = round(VoiceChoice.words_per_minute * speed)
    name = model.split("-")[-2]
    return VoiceChoice(espeak_name(VOICES[model], male=name in _MALE), rate)
