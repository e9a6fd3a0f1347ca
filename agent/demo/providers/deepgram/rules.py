"""Finds connections that Deepgram refuses, as it documents them; the voices of `/v1/speak`.

The lists, with their sources, are in `listen.json` and `voices.json`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from multidict import MultiMapping

from agent.demo.providers.speech import VoiceChoice, espeak_name

_LISTEN, _SPEAK = (
    json.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    for name in ("listen.json", "voices.json")
)
_LANGUAGES: Final[dict[str, dict[str, list[str]]]] = {
    path: {name: text.split() for names, text in models.items() for name in names.split()}
    for path, models in _LISTEN["models"].items()
}
"""The languages of each model by path. Flux's English model has none: it takes no hints."""
_VOICES: Final[dict[str, str]] = {
    f"{family}-{name}-{language}": language
    for family in ("aura-2", "aura")
    for language, names in _SPEAK[family].items()
    for name in names.split()
}
"""The language of each voice."""
_KEYTERMS, _KEYTERM_CHARACTERS, _KEYTERM_TOKENS = 100, 100, 500
SPEAK_MESSAGES: Final[dict[str, str]] = _SPEAK["messages"]


def query_problem(path: str, query: MultiMapping[str]) -> tuple[str, str] | None:
    """Return the code and message of the response with status 400; None if all is well."""
    if path == "/v1/speak":
        problem = _speak_problem(query)
        return ("Bad Request", problem) if problem else None
    if path not in _LANGUAGES:
        return None
    flux = path == "/v2/listen"
    model = query.get("model", "" if flux else "nova-3")
    languages = _LANGUAGES[path].get(model)
    if languages is None or not (flux or query.get("language", "en").lower() in languages):
        on_v1 = model.startswith("flux") and not flux
        code, message = _LISTEN["errors"]["flux on v1" if on_v1 else "model"]
        return code, message
    wrong = refused_option(query)
    if flux and (unknown := set(query) - set(_LISTEN["flux_parameters"].split())):
        wrong = f"unknown parameter {min(unknown)}"
    elif query.get("encoding", "linear16") != "linear16":
        wrong = "encoding: this stand-in knows linear16 only"
    elif query.get("sample_rate", "16000") not in _LISTEN["sample_rates"].split():
        wrong = "sample_rate"
    text = f"Failed to deserialize query parameters: {wrong}"
    return ("INVALID_QUERY_PARAMETER", text) if wrong else None


def refused_option(query: MultiMapping[str]) -> str:
    """Return the first option that is out of its documented range; empty if there is none.

    Flux checks the same options when it is configured.
    """
    number: dict[str, float] = {"eot_threshold": 0.7}
    ranges: dict[str, tuple[float, float]] = _LISTEN["flux_ranges"]
    for name in ranges.keys() & set(query):
        low, high = ranges[name]
        try:
            number[name] = float(query[name])
        except ValueError:
            return name
        if not low <= number[name] <= high:
            return name
    if number.get("eager_eot_threshold", 0) > number["eot_threshold"]:
        return "eager_eot_threshold"
    hints = {hint.lower().split("-")[0] for hint in query.getall("language_hint", [])}
    languages = _LANGUAGES["/v2/listen"].get(query.get("model", ""))
    if languages is not None and hints.difference(languages):
        return "language_hint"
    terms = query.getall("keyterm", [])
    if any(not term.strip() or len(term) > _KEYTERM_CHARACTERS for term in terms):
        return "keyterm"
    # A token is a word or a part of one: every four characters is the usual estimate.
    tokens = sum(max(1, len(word) // 4) for term in terms for word in term.split())
    return "keyterm" if len(terms) > _KEYTERMS or tokens > _KEYTERM_TOKENS else ""


def _speak_problem(query: MultiMapping[str]) -> str:
    """Return why Deepgram refuses a connection to `/v1/speak`; empty if it accepts it."""
    if unknown := set(query) - set(_SPEAK["parameters"]):
        return f"Failed to deserialize query parameters: unknown field `{min(unknown)}`"
    model = query.get("model", "")
    if model.startswith("flux-"):
        return SPEAK_MESSAGES["flux"]
    if model not in _VOICES:
        return SPEAK_MESSAGES["model"]
    if query.get("encoding", "linear16") != "linear16":
        return SPEAK_MESSAGES["encoding"]
    if query.get("sample_rate", "24000") not in map(str, _SPEAK["sample_rates"]):
        return SPEAK_MESSAGES["sample rate"]
    if "speed" not in query:
        return ""
    limits = _SPEAK["speed"].get(_VOICES[model]) if model.startswith("aura-2-") else None
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
    is_male = model.split("-")[-2] in _SPEAK["male"].split()
    return VoiceChoice(espeak_name(_VOICES[model], male=is_male), rate)
