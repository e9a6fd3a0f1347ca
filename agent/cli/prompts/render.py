"""`prompts render`: show what the agent would say, and how long it takes."""

from __future__ import annotations

import argparse
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence

from agent.cli.prompts.arguments import (
    SAMPLE_NAME,
    Target,
    Tools,
    add_trainee,
    find_script,
    metadata_of,
)
from agent.cli.prompts.text_table import Row, rows_of
from agent.core.errors import ScriptError
from agent.core.job_metadata import JobMetadata
from agent.scripts import RenderedScript, ScriptSelection, load_library, script_for
from agent.scripts.rendering import render_script
from agent.scripts.selection import find_locale, match_alias


def add_to(tools: Tools) -> None:
    """Declare the tool's arguments."""
    render = tools.add_parser(
        "render",
        help="show what the agent would say",
        description="With SCRIPT: all its locales and industries, side by side. Without: the "
        "script that a trainee with these values gets, and the LLM's instructions.",
    )
    render.add_argument("script", nargs="?", help="a script's name, a folder or file; also a draft")
    add_trainee(render, name_help=f"the trainee's name; with SCRIPT: {SAMPLE_NAME} if not given")
    render.set_defaults(run=_render)


def _render(options: argparse.Namespace) -> int:
    if options.script is not None:
        rendered = render_all(
            find_script(options.script, options.prompts),
            locale=options.locale,
            industry=options.industry,
            name=SAMPLE_NAME if options.name is None else options.name,
        )
        versions = dict.fromkeys(f"{each.locale} version {each.version}" for each in rendered)
        print(f"{rendered[0].name}: {', '.join(versions)}")
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


def _side_by_side(rendered: Sequence[RenderedScript]) -> Iterator[str]:
    """Show each text in all locales; in an industry only where it differs."""
    locales: dict[str, list[RenderedScript]] = {}
    for script in rendered:
        locales.setdefault(script.locale, []).append(script)
    for row in rows_of(locales):
        yield f"\n{row.name}{f' ({row.note})' if row.note else ''}"
        yield from _lines_of(row)


def _lines_of(row: Row) -> Iterator[str]:
    columns = max(60, min(shutil.get_terminal_size((100, 24)).columns, 140))
    texts = [
        (f"{cell.locale}, {each.industry}" if each.industry else cell.locale, each)
        for cell in row.cells
        for each in cell.variants
    ]
    width = max(len(variant) for variant, _ in texts)
    for variant, each in texts:
        head = f"  {variant:<{width}}  {each.seconds:>4}  "
        indent = " " * len(head)
        text = each.text or "(none)"
        yield textwrap.fill(text, columns, initial_indent=head, subsequent_indent=indent)


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
    yield from _side_by_side([script])
    yield f"\ninstructions for the LLM:\n{script.instructions}"
