"""`prompts new`, `export` and `import`: new scripts, and translations in a table."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from agent.cli.prompts import main
from agent.cli.prompts.editing import texts_of, with_texts
from agent.scripts import PROMPTS
from agent.scripts.checks.folders import check_path
from tests.support.shipped_scripts import question, shipped_script

SCRIPTS = sorted(PROMPTS.glob("[fgi]*/*.md"))


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    """A copy of two shipped scripts and of what every script needs."""
    for name in ("_common", "general_welcome", "forklift", "patient_care"):
        shutil.copytree(PROMPTS / name, tmp_path / "prompts" / name)
    return tmp_path / "prompts"


def run(prompts: Path, *arguments: str) -> int:
    return main([*arguments, "--prompts", str(prompts)])


def contents(prompts: Path) -> dict[str, str]:
    return {str(p.relative_to(prompts)): p.read_text("utf-8") for p in prompts.rglob("*.md")}


def change(table: Path, changes: dict[tuple[str, str], str], separator: str = ",") -> None:
    """Set cells of the last column, by script and field."""
    rows = list(csv.reader(table.read_text("utf-8-sig").splitlines(keepends=True)))
    for row in rows:
        row[3] = changes.get((row[0], row[1]), row[3])
    with table.open("w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out, delimiter=separator).writerows(rows)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_with_texts_keeps_everything_else(path: Path) -> None:
    content = path.read_text("utf-8")
    texts = texts_of(content)
    assert with_texts(content, texts) == content
    other = {**texts, "opening": "Other words: all # of them. " * 9, "facts[0]": "Sí: claro"}
    other["opening"] = other["opening"].strip()
    changed = with_texts(content, other)
    assert texts_of(changed) == other
    kept = [line for line in changed.splitlines() if line in content.splitlines()]
    assert len(content.splitlines()) - len(kept) <= 8, "more lines changed than two texts have"


@pytest.mark.parametrize("separator", [",", ";"])
def test_an_exported_table_is_imported_without_changes(
    prompts: Path, tmp_path: Path, separator: str
) -> None:
    before, table = contents(prompts), tmp_path / "fr.csv"
    assert run(prompts, "export", "--locale", "fr", "--out", str(table)) == 0
    change(table, {}, separator)
    assert run(prompts, "import", str(table)) == 0
    assert contents(prompts) == before


def test_import_skips_scripts_that_nobody_has_translated(prompts: Path, tmp_path: Path) -> None:
    before, table = contents(prompts), tmp_path / "it.csv"
    run(prompts, "export", "forklift", "--locale", "it", "--out", str(table))
    assert run(prompts, "import", str(table)) == 0
    assert contents(prompts) == before


def test_import_changes_the_edited_text_and_raises_the_version(
    prompts: Path, tmp_path: Path
) -> None:
    before, table = contents(prompts), tmp_path / "fr.csv"
    run(prompts, "export", "--locale", "fr", "--out", str(table))
    closing = "Merci{% if name %}, {{ name }}{% endif %}, et bonne route !"
    change(table, {("forklift", "closing"): closing, ("forklift", "facts[1]"): ""})
    assert run(prompts, "import", str(table)) == 0
    after = contents(prompts)
    assert {name for name in after if after[name] != before[name]} == {"forklift/fr.md"}
    texts = texts_of(after["forklift/fr.md"])
    assert texts == {**texts_of(before["forklift/fr.md"]), "closing": closing}
    version = int(before["forklift/fr.md"].split("\nversion: ")[1].split()[0])
    assert f"\nversion: {version + 1}\n" in after["forklift/fr.md"]
    assert check_path(prompts / "forklift" / "fr.md") == []


def test_a_new_locale_is_complete_after_export_translation_and_import(
    prompts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for locale in ("de", "es", "fr"):
        (prompts / "forklift" / f"{locale}.md").unlink()
    table, german = tmp_path / "de.csv", PROMPTS / "forklift" / "de.md"
    assert run(prompts, "export", "forklift", "--locale", "de", "--out", str(table)) == 0
    texts = texts_of(german.read_text("utf-8"))
    change(table, {("forklift", field): text for field, text in texts.items()})
    assert run(prompts, "import", str(table)) == 0
    assert "wrote" in capsys.readouterr().out
    assert texts_of((prompts / "forklift" / "de.md").read_text("utf-8")) == texts


def test_a_language_without_common_texts_gets_those_to_translate(
    prompts: Path, tmp_path: Path
) -> None:
    table = tmp_path / "nl.csv"
    run(prompts, "export", "forklift", "--locale", "nl", "--out", str(table))
    fields = [row[1] for row in csv.reader(table.read_text("utf-8-sig").splitlines())]
    assert {"opening", "ai_disclosure", "recording_disclosure", "check_in"} <= set(fields)


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("closing", "Merci {{ nom }}", "must have the same placeholders as the original: {% endif"),
        ("closing", "Merci", "must have the same placeholders"),
    ],
)
def test_import_writes_nothing_if_one_row_is_wrong(
    prompts: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    field: str,
    text: str,
    message: str,
) -> None:
    before, table = contents(prompts), tmp_path / "fr.csv"
    run(prompts, "export", "--locale", "fr", "--out", str(table))
    change(table, {("forklift", field): text, ("patient_care", "facts[0]"): "Autre."})
    assert run(prompts, "import", str(table)) == 1
    said = capsys.readouterr().err
    assert f"forklift, {field}: {message}" in said
    assert said.endswith("nothing was written\n")
    assert contents(prompts) == before


def test_import_refuses_a_table_of_an_older_original(
    prompts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "fr.csv"
    run(prompts, "export", "forklift", "--locale", "fr", "--out", str(table))
    english = prompts / "forklift" / "en.md"
    english.write_text(english.read_text("utf-8").replace("slow is smooth", "calm is smooth"))
    assert run(prompts, "import", str(table)) == 1
    assert "closing: the original has changed since the export" in capsys.readouterr().err
    (tmp_path / "other.csv").write_text("a,b\n")
    assert run(prompts, "import", str(tmp_path / "other.csv")) == 1
    assert "has other columns" in capsys.readouterr().err


def test_new_writes_a_draft_that_check_accepts_once_filled_in(
    prompts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(prompts, "new", "fire_safety", "--locale", "es") == 0
    path = prompts / "_fire_safety" / "es.md"
    assert f"prompts check {path}" in capsys.readouterr().out
    assert {f.message for f in check_path(path)} == {"is empty: write the text"}
    filled = path.read_text("utf-8")
    for empty, text in {
        "training:\n": "training: seguridad contra incendios\n",
        "opening:\n": "opening: Hola, soy {{ guide }}, {{ ai_disclosure }}. ¿Es tu primera vez?\n",
        "closing:\n": "closing: Gracias. ¡Hasta pronto!\n",
        "welcome_text:\n": "welcome_text: Te damos la bienvenida.\n",
        "  -\n": "  - La salida está junto a la escalera.\n",
        "ask:\n": "ask: ¿Es tu primera vez?\n",
    }.items():
        assert empty in filled
        filled = filled.replace(empty, text)
    path.write_text(f"{filled}Eres una bombera tranquila.\n", encoding="utf-8")
    assert check_path(path) == []
    assert run(prompts, "new", "fire_safety", "--locale", "es") == 1
    assert "exists already" in capsys.readouterr().err
    assert run(prompts, "new", "Fire Safety", "--locale", "es") == 1
    assert run(prompts, "new", "fire_safety", "--locale", "spanish!") == 1


def test_new_locale_has_the_structure_and_the_originals_in_comments(prompts: Path) -> None:
    assert run(prompts, "new", "forklift", "--locale", "pt-BR") == 0
    content = (prompts / "forklift" / "pt-BR.md").read_text("utf-8")
    ask = question(shipped_script("forklift"), "driven_before")
    assert f"    # {ask}\n    ask:\n    required: true\n" in content
    assert "only_if: {driven_before: true}" in content
    assert "# I'm an AI avatar\nai_disclosure:\n" in content
    assert "training_types" not in content
