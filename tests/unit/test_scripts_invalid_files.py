"""Invalid files of every kind are rejected quickly, with file, line and field."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.cli.prompts import main
from agent.scripts.checks.folders import check_path
from tests.support.script_files import VALID_SCRIPT

CALM = "{calm: calm, nervous: a little nervous}"
BYE = "closing: Goodbye!"
FACT = "  - Gloves come first."
SPANISH = (
    "Tu formación trata de cómo trabajar con calma y con seguridad en el taller. ¿Qué te gusta?"
)


@pytest.mark.parametrize(
    ("change", "to", "line", "field", "message"),
    [
        ("version: 1", "version: true", 3, "version", "must be a whole number"),
        ("version: 1", "version: '1'", 3, "version", "must be a whole number"),
        ("version: 1", "version: 1.5", 3, "version", "must be a whole number"),
        ("version: 1", "version: 1:30", 3, "version", "must be a whole number"),
        ("version: 1", "version: " + "9" * 5000, 1, "", "cannot be read"),
        (BYE, "closing:", 10, "closing", "is empty: write the text"),
        (BYE, "closing: true", 10, "closing", "must be text"),
        (BYE, "closing: 12:30", 10, "closing", "number"),
        (BYE, "closing: !!binary aGk=", 10, "", "a text begins with"),
        (BYE, "closing: '...'", 10, "closing", "has no words"),
        (BYE, "closing: '{% if role %}Bye{% endif %}'", 10, "closing", "has no words"),
        (BYE, "closing: Good\u200ebye", 10, "closing", "invisible character U+200E"),
        (BYE, "closing: Good\u200fbye", 10, "closing", "invisible character U+200F"),
        (BYE, "closing: Bye 1\ufe0f\u20e3", 10, "closing", "invisible character U+FE0F"),
        (BYE, "closing: \u3164", 10, "closing", "invisible character U+3164"),
        (BYE, "closing: G\u043e\u043edbye", 10, "closing", "look like others"),
        (BYE, "closing: \U0001d406ood", 10, "closing", "look like others"),
        (BYE, "closing: Go" + "\u0301" * 9, 10, "closing", "too many marks"),
        (BYE, "closing: Спасибо большое", 10, "closing", "another alphabet"),
        (BYE, "closing: See learn.example now", 10, "closing", "address"),
        (BYE, "closing: Call 0800 123 456", 10, "closing", "number"),
        (BYE, "closing: Lift 5kg", 10, "closing", "number"),
        (BYE, "closing: Bye\nroles: [the]", 11, "roles[0]", "only ignored words"),
        ("[artists]", "['!']", 24, "industries.art.aliases[0]", "only ignored words"),
        (BYE, "<<: {closing: Bye}", 10, "", "a name is <<"),
        (BYE, "closing: 2024-01-02", 10, "closing", "must be text"),
        (BYE, "closing: 'null'", 10, "closing", "which a voice would say"),
        ("training: glass cutting", "training: 'null'", 4, "training", "not a name"),
        ("training: glass cutting", "training: no", 4, "training", "not a name"),
        ("training: glass cutting", "training: '2024'", 4, "training", "a number or a date"),
        ("[glass]", "[glass, off]", 5, "training_types[1]", "not a name"),
        ("[glass]", "[glass, 2026-11-29]", 5, "training_types[1]", "must be text"),
        (BYE, "closing: Bye\nroles: [yes]", 11, "roles[0]", "not a name"),
        (BYE, "closing: Bye\nroles: [29.11.2026]", 11, "roles[0]", "a number or a date"),
        (BYE, "closing: Bye\nguide: no", 11, "guide", "not a name"),
        (BYE, "closing: Bye\nguide: '7'", 11, "guide", "a number or a date"),
        ("[artists]", "[n/a]", 24, "industries.art.aliases[0]", "not a name"),
        (BYE, "closing: [Bye]", 10, "closing", "must be text"),
        (BYE, f"closing: {'bye ' * 1500}", 10, "closing", "longer than 4000"),
        (BYE, "closing: Bye: now", 10, "", "in quotes"),
        (BYE, "closing: @Bye", 10, "", "in quotes"),
        (BYE, 'closing: "Bye', 10, "", "a quote is opened here and not closed"),
        (BYE, "closing: G\0B", 10, "", "invisible character U+0000"),
        (BYE, "closing: G\u200bB", 10, "closing", "invisible character U+200B"),
        (BYE, "closing: G\u202eB", 10, "closing", "invisible character U+202E"),
        (BYE, "closing: !!python/object/apply:os.system [x]", 10, "", "a text begins with"),
        (BYE, "1: x\nclosing: Bye", 1, "", "name must be text"),
        (BYE, "true: x\nclosing: Bye", 1, "", "name must be text"),
        (BYE, "? [a, b]\n: c\nclosing: Bye", 10, "", "a name must be text"),
        (BYE, "closing: &a Bye\napology: *a", 11, "", "a text begins with *a"),
        (BYE, f"{BYE}\ntrouble: T", 11, "trouble", "is now called 'apology'"),
        (FACT, "\t- Gloves", 13, "", "indent with spaces"),
        (FACT, "  - Note: gloves", 13, "facts[0]", "put it in quotes"),
        (FACT, "  -", 13, "facts[0]", "is empty: write the text"),
        ("facts:\n" + FACT, "facts: " + "[" * 60_000, 12, "", "nested too deeply"),
        ("facts:\n" + FACT, "facts: [a" + ", a" * 30_000 + "]", 12, "", "too long"),
        (CALM, "[calm, nervous]", 18, "questions[0].choices", "names and values"),
        (CALM, "{true: Yes, false: No}", 18, "questions[0].choices", "must be text"),
        (CALM, "{1: one, 2: two}", 18, "questions[0].choices", "must be text"),
        (CALM, "{null: one, b: two}", 18, "questions[0].choices", "must be text"),
        (CALM, "{calm: true, b: two}", 18, "questions[0].choices.calm", "must be text"),
        (CALM, "{calm: '', b: two}", 18, "questions[0].choices.calm", "is empty"),
        (CALM, "{Calm: one, b: two}", 18, "questions[0].choices.Calm", "small letters"),
        (CALM, "{a: one, a: two, b: x}", 18, "questions[0].choices.a", "is given twice"),
        (CALM, "{a: '?', b: two}", 18, "questions[0].choices.a", "has no words"),
        (CALM, "{a: Sí, b: si!}", 18, "questions[0].choices.b", "stands for two choices"),
        (CALM, "{a: same, b: same}", 18, "questions[0].choices.b", "stands for two choices"),
        (CALM, "{a: '{{ x }}', b: two}", 18, "questions[0].choices.a", "unknown placeholder 'x'"),
        ("do you feel?", "are you, {{ nmae }}?", 17, "questions[0].ask", "'nmae'"),
        ("minimum: 0, maximum: 60", "minimum: 0.2, maximum: 0.8", 19, "questions[1]", "no whole"),
        ("minimum: 0", "minimum: '0'", 19, "questions[1].minimum", "must be a number"),
        ("minimum: 0", "minimum: .nan", 19, "questions[1].minimum", "finite"),
        ("minimum: 0", "unit: '{{ x }}'", 19, "questions[1].unit", "unknown placeholder"),
        ("minimum: 0", "unit: '*y*'", 19, "questions[1].unit", "markdown"),
        ("minimum: 0", "choices: {a: b, c: d}", 19, "questions[1].choices", "unknown field"),
        ("required: true", "required: maybe", 20, "questions[2].required", "true or false"),
        ("id: gloves, ", "", 20, "questions[2].id", "is missing"),
        ("type: text", "type: Text", 21, "questions[3].type", "choice, number, text or yes_no"),
        ("id: hopes", "id: 5", 21, "questions[3].id", "must be text"),
        *(
            (
                "id: hopes",
                f"only_if: {{{condition}}}, id: hopes",
                21,
                f"questions[3].only_if.{condition.partition(':')[0]}",
                message,
            )
            for condition, message in [
                ("glasses: true", "is not the id of an earlier question"),
                ("hopes: true", "is not the id of an earlier question"),
                ("gloves: yes", "must be true or false, as gloves is answered"),
                ("gloves: 1", "must be true or false"),
                ("gloves: [true]", "must be true or false"),
                ("nerves: a little nervous", "must be one of calm, nervous"),
                ("years: '3'", "must be a whole number from 0 to 60"),
                ("years: 61", "must be a whole number from 0 to 60"),
                ("years: 2.5", "must be a whole number from 0 to 60"),
                ("years: .nan", "must be a whole number from 0 to 60"),
            ]
        ),
        ("aliases: [artists]", "alias: [a]", 24, "industries.art.alias", "unknown field"),
        ("  art: ", "  Art Shops: ", 24, "industries.Art Shops", "small letters"),
        ("words: {thing: mirrors}", "facts: ['{{ x }}']", 24, "industries.art.facts[0]", "'x'"),
        ("words: {thing: glass}", "words: {thing: '{{ name }}'}", 22, "words.thing", "plain text"),
        ("training: glass cutting", "training: '{{ role }}'", 4, "training", "plain text"),
        ("locales: [en]", "locales: [de]", 6, "locales", "does not contain en"),
        ("locales: [en]", "locales: []", 6, "locales", "at least 1"),
        ("{max_seconds: 300}", "{max_seconds: long}", 26, "limits.max_seconds", "whole number"),
        ("{max_seconds: 300}", "{max_seconds: 60, warn_seconds: 60}", 26, "limits", "less than"),
        ("limits: {max_seconds: 300}", "limits:", 26, "limits", "names and values"),
        ("aura-2-thalia-en", "'gemini:'", 25, "voice", "no voice"),
        ("aura-2-thalia-en", "[aura]", 25, "voice", "must be text"),
        ("after_closing: continue", "after_closing: true", 27, "after_closing", "continue"),
        ("Goodbye!", "\"{{ 'a' * 10**9 }}\"", 10, "closing", "'*' is not allowed in scripts"),
        ("Goodbye!", "'{{ self }}'", 10, "closing", "unknown placeholder 'self'"),
        ("Goodbye!", "'{{ words }}'", 10, "closing", "name one of them"),
        ("Goodbye!", "'Bye {name}'", 10, "closing", "a placeholder is written {{ name }}"),
        ("Goodbye!", "'Bye ${name}'", 10, "closing", "a placeholder is written {{ name }}"),
        ("Goodbye!", "'Bye [name]'", 10, "closing", "a placeholder is written {{ name }}"),
        ("Goodbye!", "'" + "{{ " * 1300 + "'", 10, "closing", "nested too deeply"),
        (BYE, f"closing: {SPANISH}", 10, "closing", "seems to be in es"),
        ("Be kind", "A.\n---\nversion: 2\n---\nBe kind", 30, "", "--- is not allowed"),
        ("Be kind", "Be\u202e kind", 29, "", "invisible character U+202E"),
        ("Be kind", "Be\0 kind", 29, "", "invisible character U+0000"),
        ('Be kind to {{ name or "them" }}.', "{# to do #}", 29, "", "persona is missing"),
        ("Be kind", "{{ 'a' * 10**9 }}", 29, "", "is not allowed in scripts"),
    ],
)
def test_check_rejects_an_invalid_file_quickly(
    tmp_path: Path, change: str, to: str, line: int, field: str, message: str
) -> None:
    assert change in VALID_SCRIPT
    path = tmp_path / "glass" / "en.md"
    path.parent.mkdir()
    path.write_text(VALID_SCRIPT.replace(change, to, 1), encoding="utf-8")
    began = time.process_time()
    found = check_path(tmp_path)
    assert time.process_time() - began < 3
    where = [f for f in found if (f.line, f.field) == (line, field)]
    assert any(message in f.message for f in where), [str(f)[:200] for f in found]
    assert all(f.path.parent == path.parent and "\n" not in str(f) for f in found)


@pytest.mark.parametrize(
    ("change", "to"),
    [
        (CALM, "{yes: Yes, no: No}"),
        (CALM, "{on: switched on, off: switched off}"),
        ("required: true", "required: yes"),
        (BYE, "closing: Yes"),
        (BYE, "closing: True friends wear gloves"),
        (BYE, "closing: false alarms are welcome, 1 too"),
        ("Be kind", "Say مرحبا\u200f or می\u200cروم and be kind and calm"),
        (BYE, "closing: 5 minutes, and you know more"),
        ("\n", "\r\n"),
        ("---\n# yaml", "\ufeff---\n# yaml"),
        ("---\n# yaml", "---  \n# yaml"),
        ("aura-2-thalia-en", "gemini:Kore"),
        (BYE, "closing: Good\u200cbye"),
    ],
)
def test_check_accepts_unusual_but_valid_files(tmp_path: Path, change: str, to: str) -> None:
    assert change in VALID_SCRIPT
    path = tmp_path / "glass" / "en.md"
    path.parent.mkdir()
    path.write_bytes(VALID_SCRIPT.replace(change, to, -1 if change == "\n" else 1).encode())
    assert check_path(tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "---",
        "---\n",
        "Hello",
        "---\n---\nx",
        "---\n- a\n---\nx",
        "+++\na = 1\n+++\n",
        "{}",
    ],
)
def test_check_rejects_files_that_are_not_scripts(tmp_path: Path, text: str) -> None:
    path = tmp_path / "glass" / "en.md"
    path.parent.mkdir()
    path.write_text(text)
    assert str(check_path(tmp_path)[0]).startswith(f"{path}:")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_check_rejects_other_encodings(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "glass" / "en.md"
    path.parent.mkdir()
    path.write_bytes(VALID_SCRIPT.replace("Goodbye", "Adiós").encode(encoding))
    assert "save it as UTF-8" in check_path(path)[0].message


def _looped(root: Path) -> None:
    (root / "glass").mkdir()
    os.symlink("en.md", root / "glass" / "en.md")


def _looped_folder(root: Path) -> None:
    os.symlink("glass", root / "glass")


def _pipe(root: Path) -> None:
    (root / "glass").mkdir()
    os.mkfifo(root / "glass" / "en.md")


def _device(root: Path) -> None:
    (root / "glass").mkdir()
    os.symlink("/dev/zero", root / "glass" / "en.md")


def _written(*names: str) -> Callable[[Path], None]:
    def write(root: Path) -> None:
        for name in names:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(VALID_SCRIPT)

    return write


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (_looped, "Too many levels"),
        (_looped_folder, "holds no script"),
        (_pipe, "it is not a file"),
        (_device, "it is not a file"),
        (lambda root: None, "holds no script"),
        (lambda root: (root / "glass" / "en.md").mkdir(parents=True), "it is not a file"),
        (_written("Glass Cutting/en.md"), "named in small letters"),
        (_written("glass/en.MD"), "is not a script"),
        (_written("glass/english.md"), "is not a locale"),
        (_written("glass/en/en.md"), "is not a script"),
        (_written("glass/en.md", "en.md"), "its script's folder"),
    ],
)
def test_check_rejects_unusual_files_and_folders_without_reading_them(
    tmp_path: Path,
    build: Callable[[Path], None],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    build(tmp_path)
    assert main(["check", str(tmp_path)]) == 1
    assert message in capsys.readouterr().out


def test_check_rejects_a_large_file(tmp_path: Path) -> None:
    path = tmp_path / "glass" / "en.md"
    path.parent.mkdir()
    path.write_text(VALID_SCRIPT + "x" * 300_000)
    assert "larger than" in check_path(path)[0].message


def test_check_ignores_folders_that_start_with_an_underscore(tmp_path: Path) -> None:
    _written("glass/en.md")(tmp_path)
    _written("_draft/nonsense.md")(tmp_path)
    assert check_path(tmp_path) == []


def test_text_below_its_field_without_spaces_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "glass" / "en.md"
    path.parent.mkdir()
    path.write_text(VALID_SCRIPT.replace("closing: Goodbye!", "closing:\nGoodbye, friend"), "utf-8")
    assert "begins with two spaces" in check_path(path)[0].message
