"""Finds connections that Deepgram refuses, as it documents them.

The lists, with their sources, are in `listen.json`; those of voices are in `voices.json`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from multidict import MultiMapping

from agent.demo.providers.deepgram.voices import speak_problem

_RULES: dict[str, Any] = json.loads(Path(__file__).with_name("listen.json").read_text("utf-8"))
_KEYTERMS, _KEYTERM_CHARACTERS, _KEYTERM_TOKENS = 100, 100, 500
_SAMPLE_RATES = ("8000", "16000", "24000", "32000", "44100", "48000")
_NO_MODEL = ("Bad Request", "Bad Request: No such model/language/tier combination found.")
_FLUX_ON_V1 = (
    "V2_MODEL_ON_V1_LISTEN_ENDPOINT",
    "Flux models are not supported on the /v1/listen endpoint. Please use the /v2/listen endpoint"
    " for conversational speech-to-text requests.",
)


def query_problem(path: str, query: MultiMapping[str]) -> tuple[str, str] | None:
    """Return the code and message of the response with status 400; None if all is well."""
    if path == "/v1/speak":
        problem = speak_problem(query)
        return ("Bad Request", problem) if problem else None
    if path not in _RULES:
        return None
    rules, flux = _RULES[path], path == "/v2/listen"
    model = query.get("model", "" if flux else "nova-3")
    if model.startswith("flux") and not flux:
        return _FLUX_ON_V1
    if model not in rules["models"]:
        return _NO_MODEL
    if flux and (unknown := set(query) - set(rules["parameters"].split())):
        return _invalid(f"unknown parameter {min(unknown)}")
    if query.get("encoding", "linear16") != "linear16":
        return _invalid("encoding: this stand-in knows linear16 only")
    if query.get("sample_rate", "16000") not in _SAMPLE_RATES:
        return _invalid("sample_rate")
    if refused := refuse_options(path, query):
        return _invalid(refused)
    languages = languages_of(path, model)
    if flux:
        hints = query.getall("language_hint", [])
        known = {hint.lower().split("-")[0] for hint in hints} <= languages
        return None if known else _invalid("language_hint")
    return None if query.get("language", "en").lower() in languages else _NO_MODEL


def languages_of(path: str, model: str) -> set[str]:
    """Return the languages of a model; none for Flux's English model, which takes no hints."""
    models = _RULES[path]["models"]
    text = models.get(model, "")
    return set(models[text.split()[-1]].split() if text.startswith("the same") else text.split())


def refuse_options(path: str, query: MultiMapping[str]) -> str:
    """Return the first parameter that is out of its documented range; empty if there is none."""
    number: dict[str, float] = {"eot_threshold": 0.7}
    ranges: dict[str, tuple[float, float]] = _RULES[path]["ranges"]
    for name, (low, high) in ranges.items():
        if name in query:
            try:
                number[name] = float(query[name])
            except ValueError:
                return name
            if not low <= number[name] <= high:
                return name
    if number.get("eager_eot_threshold", 0) > number["eot_threshold"]:
        return "eager_eot_threshold"
    terms = query.getall("keyterm", [])
    if any(not term.strip() or len(term) > _KEYTERM_CHARACTERS for term in terms):
        return "keyterm"
    # A token is a word or a part of one: every four characters is the usual estimate.
    tokens = sum(max(1, len(word) // 4) for term in terms for word in term.split())
    return "keyterm" if len(terms) > _KEYTERMS or tokens > _KEYTERM_TOKENS else ""


def _invalid(what: str) -> tuple[str, str]:
    return ("INVALID_QUERY_PARAMETER", f"Failed to deserialize query parameters: {what}")
