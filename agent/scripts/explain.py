"""Say in the words of a writer what is wrong with a file, instead of pydantic's, YAML's or Jinja's.

Each explanation says what to write instead. Nothing of the libraries' own text is passed on: a
message that is not known here becomes a general one.
"""

from __future__ import annotations

import difflib
import re
from typing import Any, Final

from pydantic_core import ErrorDetails

from agent.scripts.finding import Loc

_QUESTION_TYPES = "choice, number, text or yes_no"
_NAME_FORM = "may have small letters, digits and _, and begins with a letter, as in years_driving"
_PATTERNS: Final = {
    r"^[a-z][a-z0-9_]*$": _NAME_FORM,
    r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$": "must be a language tag such as es or pt-BR",
    r"^[A-Za-z0-9][A-Za-z0-9._:-]*$": "must be one word, such as aura-2-thalia-en",
    r"^https?://[^\s<>\"]+$": "must be an address that begins with https://",
}
_MAPPING = "must be names and values, such as {{calm: calm, nervous: a little nervous}}"
_RENAMED: Final = {"trouble": "apology", "moment": "filler"}
"""Former names of fields, and their present ones."""
_FIELDS: Final = {
    "missing": "is missing",
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "dict_type": _MAPPING,
    "list_type": "must be a list: one entry per line, each after a dash and a space",
    "string_type": "must be text; put it in quotes if it is meant as text",
    "string_pattern_mismatch": "has a character it may not have",
    "string_too_long": "is longer than {max_length} characters",
    "string_too_short": "is empty",
    "too_short": "needs at least 1 entry: add one, or remove the field",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "literal_error": "must be {expected}",
}
"""By the type of pydantic's error, with the values of its context."""
_FIELD_OTHERWISE = "has a value that this field may not have: see docs/script-format.md"
_YAML: Final = (
    ("mapping values", "a text contains a colon and a space: put the whole text in quotes"),
    ("'\\t' that cannot start", "a tab is used for the indentation: indent with spaces"),
    ("cannot start any token", "a text begins with a special character: put the text in quotes"),
    ("unexpected end of stream", "a quote is opened here and not closed"),
    ("stream end", "a list or {…} is opened and not closed: add ] or }"),
    ("expected ',' or", "a list or {…} is not closed, or a comma is missing in it"),
    ("unknown escape", "a text in double quotes contains a backslash: use single quotes"),
    ("sequence entries", "a list begins on the line of its name: put each entry on its own line"),
    (
        "could not find expected ':'",
        "this line, or the one before it, needs a colon and a space; the text of a field, if it"
        " is on lines of its own, begins with two spaces",
    ),
    (
        "but found '<scalar>'",
        "text follows after a closing quote or bracket: put the whole text in one pair of quotes,"
        " and write '' for an apostrophe inside single quotes. If this line looks right, a quote"
        " in a line above it is not closed",
    ),
    (
        "expected <block end>",
        "the indentation is wrong: lines that belong together begin in the same column",
    ),
)
"""Parts of the YAML library's messages, in the order in which they are looked for."""
_YAML_OTHERWISE = "cannot be read: compare quotes, colons and indentation with another script"
_PLACEHOLDER = "write a placeholder as {{ name }}, with two braces on each side"
_IF = "write a condition as {% if name %} … {% endif %}"
_JINJA: Final = (
    ("looking for the following tags", "{{% {0} %}} is not closed: add {{% end{0} %}}"),
    ("nesting mistake", "the {{% … %}} parts are not closed in order: {0} is closed too early"),
    ("unknown tag 'end", "{{% {0} %}} closes nothing: remove it, or add what it closes"),
    ("unknown tag 'el", "{{% {0} %}} stands outside of {{% if … %}} … {{% endif %}}"),
    ("unknown tag", "{{% {0} %}} is not known: there are if, elif, else and for"),
    ("no filter named", "there is no filter {0}: remove | {0}"),
    ("end of comment", "a comment {{# … #}} is not closed: add #}}"),
    ("nested too deeply", "it is nested too deeply"),
    ("division by zero", "the text divides by zero: a script only fills in values"),
    ("is undefined", "there is no value {0} for this trainee: put it into {{% if … %}}"),
)
"""Parts of the template library's messages; {0} is the first quoted word of the message."""


def explain_field(error: ErrorDetails, loc: Loc, names: list[str]) -> tuple[Loc, str]:
    """Return the field to show an error of pydantic at, and the message.

    `names` are all fields at the top of the file, to recognize a misspelled one.
    """
    kind: str = error["type"]
    context: dict[str, Any] = error.get("ctx") or {}
    match kind:
        case "extra_forbidden" if loc[-1] in _RENAMED and len(loc) == 1:
            return loc, f"is now called {_RENAMED[str(loc[-1])]!r}: rename it"
        case "extra_forbidden":
            close = difflib.get_close_matches(str(loc[-1]), names, 1) if len(loc) == 1 else []
            return loc, "unknown field" + (f"; do you mean {close[0]!r}?" if close else "")
        case "union_tag_not_found" | "union_tag_invalid":
            must_be = "is missing:" if kind == "union_tag_not_found" else "must be"
            return (*loc, "type"), f"{must_be} {_QUESTION_TYPES}"
        case "string_type" if loc[-1] == "[key]":
            return loc[:-2], "every name in it must be text: put numbers in quotes"
        case "string_type" if error["input"] is None:
            return loc, "is empty: write the text"
        case "invalid_key":
            return loc[:-1], "every field's name must be text"
        case "string_pattern_mismatch" if context["pattern"] in _PATTERNS:
            return loc, _PATTERNS[context["pattern"]]
        case "too_short" if loc[-1] == "choices":
            return loc, "a choice question needs two choices or more"
        case "located":
            return context["loc"], error["msg"]
        case "value_error":  # of our own validators
            return loc, error["msg"].removeprefix("Value error, ")
        case _ if kind.startswith("date_"):
            return loc, "must be a date such as 2026-11-29"
    return loc, _FIELDS.get(kind, _FIELD_OTHERWISE).format(**context)


def explain_yaml(problem: str) -> str:
    return next((ours for theirs, ours in _YAML if theirs in problem), _YAML_OTHERWISE)


def explain_filling(problem: str) -> str:
    for theirs, ours in _JINJA:
        if theirs in problem.lower():
            return ours.format(*re.findall(r"'([^']*)'", problem)[:1], "")
    return "computes with a value that does not fit: only insert values, and choose with if"


def explain_template(problem: str, source: str) -> str:
    # The innermost part that is open is the last one that the message quotes.
    quoted = re.findall(r"'([^']*)'", problem)
    word = quoted[-1 if "looking for the following" in problem else 0] if quoted else ""
    for theirs, ours in _JINJA:
        if theirs in problem.lower():
            return ours.format(word)
    if re.search(r"\{%(?![^{]*%\})", source):
        return f"a {{% is not followed by %}}: {_IF}"
    if "statement block" in problem:
        return f"{_IF}; to compare, write =="
    found = re.search(r"\{\{\s*([^{}|]*?\w\s+\w[^{}|]*?)\s*\}\}", source)
    if found and "end of print statement" in problem:
        return f"{{{{ {found[1]} }}}} is not one name: {_PLACEHOLDER}"
    return f"a placeholder is not closed or not complete: {_PLACEHOLDER}"
