"""Check script files: every finding names its file, and the field or the line."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from agent.core.errors import ScriptError
from agent.core.locales import language_of
from agent.scripts.checks.file import aliases_in, check_common, check_file, spoken_texts
from agent.scripts.finding import Finding
from agent.scripts.library import COMMON, Library, ScriptFile, folders, read_library, with_folder
from agent.scripts.schema import ChoiceQuestion, Question, Script
from agent.scripts.selection import ignored_words
from agent.scripts.word_forms import normalize_words

_NOT_A_SCRIPT = "is not a script: a script is one file for each locale, such as es.md"
_WORDS_ALIKE = 3
_TRANSLATED = {"choices", "unit", "words"}
"""Short texts that rarely are the same in two languages."""
_WHOLE = {("opening",), ("closing",), ("welcome_text",)}
_SHOWN = 40  # characters
_FOLDER = re.compile(r"[a-z0-9][a-z0-9_-]*")


def check_path(path: Path, voices: Mapping[str, str] | None = None) -> list[Finding]:
    """Return the findings of one file, one script's folder, or a folder of scripts.

    A file has the same findings whether it is named itself, its folder, or the folder of all
    scripts. Drafts (folders that begin with `_`) are checked only if they are named.
    `voices` is as for `check_file`. Raises ScriptError if `path` does not exist.
    """
    path = Path(os.path.abspath(path))
    if not os.path.lexists(path):
        raise ScriptError(f"{path} does not exist")
    if path.is_file() and path.suffix != ".md":
        return [Finding(path, 0, "", _NOT_A_SCRIPT)]
    folder = path if path.is_dir() else path.parent
    is_library = folder == path and (
        not any(path.glob("*.md")) or (path / COMMON).is_dir() or any(path.glob("*/*.md"))
    )
    root = path if is_library else folder.parent
    library = read_library(root)
    if is_library or folder.name == COMMON:
        names = [each.name for each in folders(root)] if is_library else []
    else:
        library, names = with_folder(library, folder), [folder.name]
    found = [*library.broken, *_misplaced(root, folder), *_ambiguous(library)]
    if is_library and not (library.scripts or found or (root / COMMON).is_dir()):
        found.append(Finding(root, 0, "", "holds no script: create one, such as forklift/es.md"))
    for common in library.commons.values():
        found += check_common(common)
    for name in names:
        found += _check_script(library, name, voices)
    return sorted({finding for finding in found if finding.path.is_relative_to(path)})


def _check_script(
    library: Library, name: str, voices: Mapping[str, str] | None
) -> Iterator[Finding]:
    yield from _check_folder(library, name)
    for file in library.scripts.get(name, {}).values():
        yield from check_file(library, file, voices)


def _misplaced(root: Path, named: Path) -> Iterator[Finding]:
    """Find files and folders that are not loaded because of their name or place.

    `named` is a folder that is checked although it may be a draft.
    """
    for path in sorted(root.glob("*.md")):
        if path.name != "README.md":
            yield Finding(path, 0, "", "must be in its script's folder, such as forklift/es.md")
    for folder in {*folders(root), root / COMMON, named} - {root}:
        if folder.name[0] != "_" and not _FOLDER.fullmatch(folder.name):
            why = "must be named in small letters, digits, _ and -, such as fire_safety"
            yield Finding(folder, 0, "", why)
        for path in sorted(folder.glob("*")):
            if path.name[0] != "." and path.suffix != ".md":
                yield Finding(path, 0, "", _NOT_A_SCRIPT)


def _check_folder(library: Library, name: str) -> Iterator[Finding]:
    """Compare the locales of one script, and find those that are missing."""
    folder = library.root / name
    files = library.scripts.get(name, {})
    if any(finding.path == folder for finding in library.broken):
        return  # it cannot be read
    broken = {f.path.stem for f in library.broken if f.path.parent == folder}
    declared = next((p.fields.locales for p in files.values() if p.fields.locales), None)
    wanted = set(library.commons) if declared is None else set(declared)
    if broken and not files:
        return  # its list of locales is in a file that cannot be read
    for tag in sorted(wanted - files.keys() - broken):
        yield Finding(
            folder / f"{tag}.md",
            0,
            "",
            "is missing: translate the script into this locale, or list its locales in `locales`",
        )
    if not files:
        return
    for tag in sorted(files.keys() - wanted) if declared else ():
        yield files[tag].finding(("locales",), f"does not contain {tag}, the locale of this file")
    first = files.get("en") or next(iter(files.values()))
    for file in files.values():
        if file is first:
            continue
        other_language = language_of(file.locale) != language_of(first.locale)
        if other_language:
            yield from _not_translated(file, first)
        if declared and file.fields.locales not in (None, declared):
            yield file.finding(("locales",), f"differ from those of another file: {declared}")
        yield from _differences(file, first)
    # A file that is checked alone shows its findings, too: compare the first one as well.
    differ = [finding for file in files.values() for finding in _differences(first, file)]
    yield from {(finding.line, finding.field): finding for finding in reversed(differ)}.values()


def _differences(file: ScriptFile[Script], other: ScriptFile[Script]) -> Iterator[Finding]:
    """Find what must be the same in every locale, and is not."""
    yield from _questions_differ(file, other)
    if file.fields.industries.keys() != other.fields.industries.keys():
        yield file.finding(("industries",), f"have other keys than in {other.path.name}")


def _not_translated(file: ScriptFile[Script], first: ScriptFile[Script]) -> Iterator[Finding]:
    """Find texts and sentences that are the same in two languages; up to three words may be."""
    theirs = dict(spoken_texts(first))
    sentences = {part for text in (*theirs.values(), first.body) for part in _sentences(text)}
    translate = f"is the same as in {first.path.name}: translate it"
    for loc, text in spoken_texts(file):
        same = next((part for part in _sentences(text) if part in sentences), "")
        if text == theirs.get(loc) and (same or loc in _WHOLE):
            yield file.finding(loc, translate)
        elif same:
            yield file.finding(
                loc, f"has the sentence {same[:_SHOWN]!r} of {first.path.name}: translate it"
            )
        elif text == theirs.get(loc) and _TRANSLATED.intersection(loc):
            yield file.finding(loc, f"{translate}, if the languages differ", "warning")
    if any(part in sentences for part in _sentences(file.body)):
        yield file.body_finding(1, f"has a sentence of {first.path.name}: translate it")


def _sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a text that have words enough to differ between languages."""
    for part in re.split(r"(?<=[.!?:])\s+", text.strip()):
        sentence = " ".join(re.sub(r"\{[{%].*?[}%]\}", " ", part).split())
        if len(sentence.split()) > _WORDS_ALIKE:
            yield sentence


def _questions_differ(file: ScriptFile[Script], first: ScriptFile[Script]) -> Iterator[Finding]:
    """Compare what must be the same in every locale for the outcome: all but the words."""
    own, theirs = file.fields.questions, first.fields.questions
    ids = [question.id for question in theirs]
    if [question.id for question in own] != ids:
        message = f"must have the same ids in every locale; in {first.path.name}: {', '.join(ids)}"
        yield file.finding(("questions",), message)
        return
    for i, (question, other) in enumerate(zip(own, theirs, strict=True)):
        for key, value in _shape(question).items():
            expected = _shape(other).get(key)
            if value != expected:
                yield file.finding(
                    ("questions", i, key),
                    f"differs from {first.path.name}: {_shown(value)} here, {_shown(expected)}"
                    " there",
                )


def _shape(question: Question) -> dict[str, object]:
    """Return the fields of a question that are the same in every locale."""
    fields = question.model_dump(exclude={"id", "ask", "unit"})
    if isinstance(question, ChoiceQuestion):
        fields["choices"] = sorted(question.choices)
    return fields


def _shown(value: object) -> str:
    return "nothing" if value in (None, {}) else json.dumps(value, ensure_ascii=False)


def _ambiguous(library: Library) -> Iterator[Finding]:
    """Find training types that two scripts declare, and aliases of ignored words only.

    Several scripts may declare the same role: the first of them by name is used for it.
    """
    ignored = ignored_words(library)
    owner = {normalize_words(name, ignored): name for name in reversed(library.scripts)}
    for name, files in library.scripts.items():
        for file in files.values():
            for loc, alias in aliases_in(file.fields):
                plain = normalize_words(alias, ignored)
                if not plain:
                    message = f"{alias!r} has only ignored words (see `ignored_words` in _common)"
                elif loc[0] == "training_types" and owner.setdefault(plain, name) != name:
                    message = f"{alias!r} already belongs to {owner[plain]}"
                else:
                    continue
                yield file.finding(loc, message)
