"""Scripts are data: parsed, filled, and never executed with a trainee's values."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent import scripts
from agent.errors import ScriptError
from agent.job_metadata import JobMetadata
from agent.scripts import PROMPTS, load_script, script_for

ALL = sorted(PROMPTS.glob("*/*.md"))
GOOD = """---
version: 1
opening: Hello {{ name }}
closing: Bye
trouble: Sorry
welcome_text: Welcome
---
Be kind.
"""


@pytest.fixture
def prompts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of scripts of the test's own."""
    monkeypatch.setattr(scripts, "PROMPTS", tmp_path)
    load_script.cache_clear()
    (tmp_path / "mine").mkdir()
    return tmp_path / "mine" / "en.md"


def test_there_are_scripts() -> None:
    assert ALL


@pytest.mark.parametrize("path", ALL, ids=lambda p: f"{p.parent.name}/{p.name}")
@pytest.mark.parametrize("name", ["", "Ada"])
def test_shipped_script_fills_and_can_be_read_aloud(path: Path, name: str) -> None:
    metadata = JobMetadata.model_validate({"trainee": {"name": name}})
    script = load_script(path.parent.name, path.stem).for_trainee(metadata)
    for text in (script.opening, script.closing, script.trouble, script.welcome_text):
        assert not re.search(r"[*_#`{}<>\[\]|]|https?:", text)
        assert "  " not in text
        assert " ," not in text
    assert (name or "Hello, and") in script.opening
    assert len(script.opening.split()) < 60


def test_trainees_values_are_filled_in_and_never_rendered() -> None:
    metadata = JobMetadata.model_validate({"trainee": {"name": "{{ 7 * 7 }}{% raw %}"}})
    assert "{{ 7 * 7 }}{% raw %}" in script_for(metadata).opening


def test_unknown_name_in_a_template_is_an_error(prompts: Path) -> None:
    prompts.write_text(GOOD.replace("{{ name }}", "{{ nmae }}"))
    with pytest.raises(ScriptError, match=r"mine/en\.md: opening: 'nmae' is undefined"):
        load_script("mine").for_trainee(JobMetadata())


@pytest.mark.parametrize(
    "text",
    [
        "no front matter",
        GOOD.replace("closing: Bye\n", ""),
        GOOD.replace("closing:", "colsing:"),
        GOOD.replace("opening:", "opening: ["),
    ],
)
def test_malformed_script_names_its_file(prompts: Path, text: str) -> None:
    prompts.write_text(text)
    with pytest.raises(ScriptError, match=r"mine/en\.md"):
        load_script("mine")


def test_missing_script_names_its_file(prompts: Path) -> None:
    with pytest.raises(ScriptError, match=r"mine/fr\.md cannot be read"):
        load_script("mine", "fr")
