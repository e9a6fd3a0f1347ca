"""Script files are read from disk; invalid ones are left out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from agent.core.errors import ScriptError
from agent.scripts import PROMPTS, load_library, unusable_files
from agent.scripts.finding import InvalidScriptFile
from agent.scripts.library import read_library, read_script_file
from agent.scripts.schema import Script
from tests.support.script_files import SHORT_SCRIPT, library_of, spoken


def test_script_for_skips_scripts_that_cannot_be_used(tmp_path: Path) -> None:
    welcome = SHORT_SCRIPT.replace("training: glass cutting\n", "")
    library = library_of(
        tmp_path,
        {
            "general_welcome/en": welcome,
            "glass/en": SHORT_SCRIPT.replace("{{ guide }}", "{{ giude }}"),
            "metal/en": SHORT_SCRIPT.replace("closing:", "colsing:"),
        },
    )
    assert spoken(library, training_type="glass").name == "general_welcome"
    assert spoken(library, training_type="metal").name == "general_welcome"
    assert [str(f) for f in library.broken] == [
        f"{tmp_path}/metal/en.md:1: error: closing: is missing",
        f"{tmp_path}/metal/en.md:5: error: colsing: unknown field; do you mean 'closing'?",
    ]


def test_script_for_raises_if_there_is_no_script(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match="holds no script"):
        spoken(load_library(tmp_path))
    with pytest.raises(ScriptError, match="is not a folder"):
        load_library(tmp_path / "nowhere")


def test_read_script_file_accepts_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "en.md"
    path.write_bytes(b"\xef\xbb\xbf" + SHORT_SCRIPT.replace("\n", "\r\n").encode())
    page = read_script_file(path, Script)
    assert page.fields.version == 3
    assert page.body.strip() == "Be kind."


def test_read_script_file_names_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidScriptFile, match=r"fr\.md: error: cannot be read: No such file"):
        read_script_file(tmp_path / "fr.md", Script)


def test_unusable_files_are_those_that_are_not_valid_or_cannot_be_filled(tmp_path: Path) -> None:
    shutil.copytree(PROMPTS, tmp_path / "prompts")
    assert unusable_files(read_library(tmp_path / "prompts")) == set()
    not_valid = tmp_path / "prompts" / "forklift" / "de.md"
    not_valid.write_text("no front matter")
    not_fillable = tmp_path / "prompts" / "forklift" / "es.md"
    not_fillable.write_text(not_fillable.read_text() + "\n{{ no_such_name.at_all }}\n")
    assert unusable_files(read_library(tmp_path / "prompts")) == {not_valid, not_fillable}
