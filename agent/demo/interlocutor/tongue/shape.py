"""The shape of one language: patterns for what is heard, sentences for what is said."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """Something trainees ask or say, and answers that the welcome itself gives."""

    name: str
    pattern: str
    answers: tuple[str, ...]
    """The first that has not been given yet is said."""


@dataclass(frozen=True, kw_only=True)
class Tongue:
    """One language. Patterns match plain text: small letters, no accents (see `wording.plain`)."""

    language: str
    # Heard.
    yes: str
    no: str
    none: str
    """Stands for the number nought."""
    unsure: str
    """Not knowing, as an answer to a choice."""
    negative: str
    """How a choice that means no begins."""
    skip: str
    go_on: str
    nothing_more: str
    """No further question."""
    bye: str
    again: str
    correction: str
    """Up to the corrected words."""
    question: str
    """How a question begins."""
    ordinals: tuple[str, ...]
    """First, second, third, fourth, last."""
    injection: str
    emergency: str
    filler: frozenset[str]
    """Words that do not tell one fact from another."""
    # Said.
    first_topics: tuple[Topic, ...]
    """These win over the script's facts."""
    topics: tuple[Topic, ...]
    the_training: str
    """With `{training}`."""
    some_training: str
    hello: str
    of_course: str
    thanks: tuple[str, ...]
    corrected: str
    skipped: str
    once_more: str
    nothing_left: str
    what_else: str
    farewell: str
    unknown: tuple[str, ...]
    stay: str
    help_now: str
    switched: str
    only: str
    """None of the languages spoken here."""
