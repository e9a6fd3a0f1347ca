"""`prompts render`: show what the agent would say, and how long it takes."""

from __future__ import annotations

import argparse
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence

from agent.cli.prompts.arguments import (
    Target,
    Tools,
    add_prompts_folder,
    add_trainee,
    find_script,
    metadata_of,
)
from agent.core.errors import ScriptError
from agent.core.job_metadata import JobMetadata
from agent.scripts import RenderedScript, ScriptSelection, load_library, script_for
from agent.scripts.question_format import format_condition
from agent.scripts.rendering import render_script
from agent.scripts.schema import SHARED_LINES, Question
from agent.scripts.selection import find_locale, match_alias
from agent.scripts.speakable import estimate_speech_s

_IN_OPENING = frozenset({"ai_disclosure", "recording_disclosure"})
LINES = (
    *("opening", "opening_recorded", "closing"),
    *(line for line in SHARED_LINES if line not in _IN_OPENING),
    "welcome_text",
)
"""Texts that are said word for word; `welcome_text` is only read."""
_READ = frozenset({"welcome_text", "facts", "talking_points"})
_NAME = "Ana"


def add_to(tools: Tools) -> None:
    """Declare the tool's arguments."""
    render = tools.add_parser(
        "render",
        help="show what the agent would say",
        description="With SCRIPT: all its locales and industries, side by side. Without: the "
        "script that a trainee with these values gets, and the LLM's instructions.",
    )
    render.add_argument("script", nargs="?", help="a script's name, a folder or file; also a draft")
    add_trainee(render, name_help=f"the trainee's name; with SCRIPT: {_NAME} if not given")
    add_prompts_folder(render)
    render.set_defaults(run=_render)


def _render(options: argparse.Namespace) -> int:
    if options.script is not None:
        rendered = render_all(
            find_script(options.script, options.prompts),
            locale=options.locale,
            industry=options.industry,
            name=_NAME if options.name is None else options.name,
        )
        print("\n".join(_side_by_side(rendered)))
        return 0
    metadata = metadata_of(options)
    library = load_library(options.prompts.resolve())
    for finding in library.broken:
        print(f"left out, correct it first: {finding}", file=sys.stderr)
    script = script_for(metadata, library)
    other = _not_as_asked(metadata, script)
    print("\n".join([*other, *_one(script)]))
    return int(bool(other))


def render_all(
    target: Target, *, name: str, locale: str = "", industry: str = ""
) -> list[RenderedScript]:
    """Render a script in all its locales and industries, or in those that are asked for.

    Args:
        name: the trainee's.

    Raises:
        ScriptError: there is no such locale or industry, or a text cannot be filled.
    """
    files = {tag: target.library.scripts[target.name][tag] for tag in target.locales}
    if locale:
        found = find_locale(files, locale)
        if found is None:
            raise ScriptError(f"{target.name} has no locale {locale}; it has {', '.join(files)}")
        files = {found[0]: files[found[0]]}
    rendered = []
    for file in files.values():
        aliases = {
            key: [(file.locale, alias) for alias in (key, *entry.aliases)]
            for key, entry in file.fields.industries.items()
        }
        keys = ["", *aliases]
        if industry:
            keys = [match_alias(industry, aliases, frozenset(), file.locale)]
            if not keys[0]:
                raise ScriptError(f"{file.path} has no industry {industry}: {', '.join(aliases)}")
        metadata = JobMetadata.model_validate({"trainee": {"name": name}, "locale": file.locale})
        for key in keys:
            selection = ScriptSelection(file, "training_type", "exact", key)
            rendered.append(render_script(target.library, selection, metadata))
    return rendered


def _variant_of(script: RenderedScript) -> str:
    """Name the locale and the industry of a rendered script."""
    return f"{script.locale}, {script.industry}" if script.industry else script.locale


def timed(field: str, script: RenderedScript, text: str) -> str:
    """Return the seconds that a text takes to say; empty for a text that is read."""
    return "" if field in _READ else f"{estimate_speech_s(text, script.locale):.0f} s"


def _side_by_side(rendered: Sequence[RenderedScript]) -> Iterator[str]:
    """Show each text in all variants; an industry only where it differs."""
    first = rendered[0]
    versions = {script.locale: script.version for script in rendered}
    named = ", ".join(f"{tag} version {version}" for tag, version in versions.items())
    yield f"{first.name}: {named}"
    for field in LINES:
        yield f"\n{field.replace('_', ' ')}"
        yield from _variants(field, [(script, getattr(script, field)) for script in rendered])
    for i, question in enumerate(first.questions):
        yield f"\nquestion {named_question(question)}"
        asked = [(s, _with_choices(s.questions[i])) for s in rendered if len(s.questions) > i]
        yield from _variants("ask", asked)
    for field in ("facts", "talking_points"):
        yield f"\n{field.replace('_', ' ')}, which the LLM puts in its own words"
        lists = [(s, "\n".join(f"- {text}" for text in getattr(s, field))) for s in rendered]
        yield from _variants(field, lists)


def _variants(field: str, texts: Sequence[tuple[RenderedScript, str]]) -> Iterator[str]:
    width = max(len(_variant_of(script)) for script, _ in texts)
    columns = max(60, min(shutil.get_terminal_size((100, 24)).columns, 140))
    general: dict[str, str] = {}
    for script, text in texts:
        if script.industry and general.get(script.locale) == text:
            continue
        if not script.industry:
            general[script.locale] = text
        head = f"  {_variant_of(script):<{width}}  {timed(field, script, text):>4}  "
        for number, line in enumerate(text.splitlines() or ["(none)"]):
            start = " " * len(head) if number else head
            indent = " " * len(head)
            yield textwrap.fill(line, columns, initial_indent=start, subsequent_indent=indent)


def named_question(question: Question) -> str:
    kind = f"{question.type}, {'required' if question.required else 'optional'}"
    return f"{question.id} ({kind}{format_condition(question, '; ')})"


def _with_choices(question: Question) -> str:
    lines = [question.ask]
    if question.type == "choice":
        lines += [f"{id}: {words}" for id, words in question.choices.items()]
    return "\n".join(lines)


def _not_as_asked(metadata: JobMetadata, script: RenderedScript) -> list[str]:
    """Say loudly that another script or language than asked for is shown."""
    lines = []
    if metadata.training_type and script.chosen_by != "training_type":
        lines.append(f"NO SCRIPT IS FOR THE TRAINING {metadata.training_type!r}.")
    elif metadata.role and script.chosen_by == "default":
        lines.append(f"NO SCRIPT IS FOR THE ROLE {metadata.role!r}.")
    if lines:
        lines.append(f"This is {script.name}, which a trainee gets instead.")
    if metadata.locale and script.locale_by == "default":
        lines.append(f"NO SCRIPT IS IN {metadata.locale!r}. This is {script.locale}.")
    return [*lines, ""] if lines else []


def _one(script: RenderedScript) -> Iterator[str]:
    limits = ", ".join(f"{name} {value}" for name, value in script.limits)
    yield f"{script.name} {script.locale} version {script.version}"
    yield f"  selected: {script.reason}"
    yield f"  voice: {script.voice or 'from VOICES'}"
    yield f"  avatar: {script.avatar or 'BEYOND_PRESENCE_AVATAR_ID'}"
    yield f"  limits: {limits}"
    yield f"  after the closing line: {script.after_closing}"
    yield ""
    for field in LINES:
        text = getattr(script, field)
        seconds = timed(field, script, text)
        yield f"{field.replace('_', ' ')}{f' ({seconds})' if seconds else ''}:\n  {text}"
    yield "\nquestions:" if script.questions else "\nno questions"
    for question in script.questions:
        seconds = timed("ask", script, question.ask)
        ask, *choices = _with_choices(question).splitlines()
        yield f"  {named_question(question)}, {seconds}: {ask}"
        yield from (f"    {choice}" for choice in choices)
    yield f"\ninstructions for the LLM:\n{script.instructions}"
