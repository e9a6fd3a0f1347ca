"""Check: refuses what should not ship. Every finding names its file, and the field or the line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from agent.errors import ScriptError
from agent.scripts.check_page import check_common, check_page
from agent.scripts.choice import ignored_words, normalised
from agent.scripts.files import COMMON, Finding, Library, Unusable, read_library, read_page
from agent.scripts.format import ChoiceQuestion, Common, Question, Script


def check_library(root: Path, voices: Mapping[str, str] | None = None) -> list[Finding]:
    """Every finding in a folder of scripts; `voices` as for `check_page`."""
    library = read_library(root)
    found = list(library.broken)
    for path in sorted(root.glob("*/*")):
        if path.is_file() and path.suffix != ".md" and path.name[0] != ".":
            found.append(Finding(path, 0, "", "is no script: one locale a file, as in es.md"))
    for common in library.commons.values():
        if common.path.is_relative_to(root):
            found += check_common(common)
    for folder in sorted(p for p in root.iterdir() if p.is_dir() and p.name[0] not in "._"):
        found += check_folder(library, folder.name)
        for page in library.scripts.get(folder.name, {}).values():
            found += check_page(library, page, voices)
    return sorted(set(found + list(_ambiguous(library))))


def check_path(path: Path, voices: Mapping[str, str] | None = None) -> list[Finding]:
    """Findings of one file, one script's folder, or a whole folder of scripts.

    Raises:
        ScriptError: there is nothing at `path`.
    """
    path = path.resolve()
    if path.is_dir():
        if not any(path.glob("*.md")) or (path / COMMON).is_dir() or any(path.glob("*/*.md")):
            return check_library(path, voices)
        return [f for f in check_library(path.parent, voices) if f.path.is_relative_to(path)]
    if not path.is_file():
        raise ScriptError(f"{path} does not exist")
    library = read_library(path.parent.parent)
    try:
        if path.parent.name == COMMON:
            return check_common(read_page(path, Common))
        return sorted(set(check_page(library, read_page(path, Script), voices)))
    except Unusable as e:
        return list(e.findings)


def check_folder(library: Library, name: str) -> Iterator[Finding]:
    """What the locales of one script must have in common, and which of them are missing."""
    folder = library.root / name
    pages = library.scripts.get(name, {})
    broken = {f.path.stem for f in library.broken if f.path.parent == folder}
    declared = next((p.fields.locales for p in pages.values() if p.fields.locales), None)
    wanted = set(library.commons) if declared is None else set(declared)
    for tag in sorted(wanted - pages.keys() - broken):
        yield Finding(folder / f"{tag}.md", 0, "", "is missing: this locale has no text")
    if not pages:
        return
    first = pages.get("en") or next(iter(pages.values()))
    for page in pages.values():
        if page is first:
            continue
        other_language = page.locale.split("-")[0] != first.locale.split("-")[0]
        for field in ("opening", "closing", "welcome_text"):
            if other_language and getattr(page.fields, field) == getattr(first.fields, field):
                yield page.finding((field,), f"is the text of {first.path.name}: not translated")
        if _shape(page.fields.questions) != _shape(first.fields.questions):
            message = f"ids, types or choices differ from {first.path.name}"
            yield page.finding(("questions",), message)
        if page.fields.industries.keys() != first.fields.industries.keys():
            yield page.finding(("industries",), f"are not those of {first.path.name}")


def _shape(questions: list[Question]) -> list[tuple[str, str, frozenset[str]]]:
    """What the outcome must find the same in every locale."""
    return [
        (q.id, q.type, frozenset(q.choices if isinstance(q, ChoiceQuestion) else ()))
        for q in questions
    ]


def _ambiguous(library: Library) -> Iterator[Finding]:
    """Two scripts that declare the same training type: which is meant?

    A role may have several scripts; it is the first of them by name that greets by role.
    """
    ignored = ignored_words(library)
    owner = {normalised(name, ignored): name for name in reversed(library.scripts)}
    for name, pages in library.scripts.items():
        for page in pages.values():
            for i, alias in enumerate(page.fields.training_types):
                plain = normalised(alias, ignored)
                if not plain:
                    message = f"{alias!r} is nothing but ignored words"
                elif owner.setdefault(plain, name) != name:
                    message = f"{alias!r} is {owner[plain]}'s already"
                else:
                    continue
                yield page.finding(("training_types", i), message)
