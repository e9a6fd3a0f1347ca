"""Finds connections that Deepgram refuses, as it documents them; the voices of `/v1/speak`.

The lists, with their sources, are in `listen.json` and `speak.json`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from multidict import MultiMapping

from agent.demo.providers.speech import VoiceChoice, espeak_name

_LISTEN, _SPEAK = (
    json.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    for name in ("listen.json", "speak.json")
)
_RULES: Final[dict[str, dict[str, Any]]] = {
    path: rules for path, rules in (_LISTEN | _SPEAK).items() if path.startswith("/")
}
_LANGUAGES: Final[dict[str, dict[str, list[str]]]] = {
    path: {name: text.split() for names, text in rules["models"].items() for name in names.split()}
    for path, rules in _RULES.items()
}
"""The languages of each model by path. Flux's English model has none: it takes no hints."""
_KEYTERMS, _KEYTERM_CHARACTERS, _KEYTERM_TOKENS = 100, 100, 500
SPEAK_MESSAGES: Final[dict[str, Any]] = _SPEAK["messages"]


def query_problem(path: str, query: MultiMapping[str]) -> tuple[str, str] | None:
    """Return the code and message of the response with status 400; None if all is well."""
    if path not in _RULES:
        return None
    errors = _RULES[path]["errors"]
    model = query.get("model", _RULES[path].get("default_model", ""))
    languages = _LANGUAGES[path].get(model)
    language = query.get("language", "en").lower()
    if languages is None or (path == "/v1/listen" and language not in languages):
        wrong = "flux" if model.startswith("flux-") and "flux" in errors else "model"
    else:
        wrong = refused_option(path, query)
    if not wrong:
        return None
    code, text = errors.get(wrong, errors["other"])
    return code, text.format(wrong)


def refused_option(path: str, query: MultiMapping[str]) -> str:
    """Return an option that is unknown or out of its documented range; empty if there is none.

    Flux checks the same options when it is configured.
    """
    model, rules = query.get("model", ""), _RULES[path]
    for name in set(query):
        allowed = rules["parameters"].get(name, rules["other_parameters"])
        if name == "speed" and allowed:
            languages = _LANGUAGES[path][model] if model.startswith("aura-2-") else [""]
            allowed = allowed.get(languages[0], "")
        if not _is_allowed(query[name], allowed):
            return name
    if float(query.get("eager_eot_threshold", 0)) > float(query.get("eot_threshold", 0.7)):
        return "eager_eot_threshold"
    hints = {hint.lower().split("-")[0] for hint in query.getall("language_hint", [])}
    hinted = _LANGUAGES["/v2/listen"].get(model)
    if hinted is not None and hints.difference(hinted):
        return "language_hint"
    terms = query.getall("keyterm", [])
    if any(not term.strip() or len(term) > _KEYTERM_CHARACTERS for term in terms):
        return "keyterm"
    # A token is a word or a part of one: every four characters is the usual estimate.
    tokens = sum(max(1, len(word) // 4) for term in terms for word in term.split())
    return "keyterm" if len(terms) > _KEYTERMS or tokens > _KEYTERM_TOKENS else ""


def _is_allowed(value: str, allowed: str | list[float] | None) -> bool:
    """Whether a value is one of these words, or between these numbers; None allows every value."""
    if allowed is None or isinstance(allowed, str):
        return allowed is None or value in allowed.split()
    try:
        return allowed[0] <= float(value) <= allowed[1]
    except ValueError:
        return False


def aura_voice(model: str, speed: float) -> VoiceChoice:
    """Return the local voice that stands in for an Aura voice."""
    (language,) = _LANGUAGES["/v1/speak"][model]
    rate = round(VoiceChoice.words_per_minute * speed)
    is_male = model.split("-")[-2] in _SPEAK["male"].split()
    return VoiceChoice(espeak_name(language, male=is_male), rate)
