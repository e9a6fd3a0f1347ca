"""Formats questions and their conditions, as the LLM reads them."""

from __future__ import annotations

import json

from agent.scripts.schema import Question


def format_question(question: Question) -> str:
    """Format a question as the instructions have it.

    `hopes (text): What do you hope for?`
    `years (number): For how long? (years, 0 to 60)`
    `mood (choice): How are you? [calm = calm; nervous = a little nervous]`
    `truck (text; only if driven is true): Which one?`
    """
    line = f"{question.id} ({question.type}{format_condition(question, '; ')}): {question.ask}"
    if question.type == "choice":
        choices = "; ".join(f"{id} = {words}" for id, words in question.choices.items())
        return f"{line} [{choices}]"
    if question.type == "number":
        if about := ", ".join(filter(None, (question.unit, question.bounds))):
            return f"{line} ({about})"
    return line


def format_condition(question: Question, before: str = "") -> str:
    """Format a condition: `only if driven is true`, with `before` in front; empty without one."""
    conditions = " and ".join(
        f"{id} is {json.dumps(value) if isinstance(value, bool) else value}"
        for id, value in question.only_if.items()
    )
    return f"{before}only if {conditions}" if conditions else ""
