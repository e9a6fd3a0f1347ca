"""Valid scripts as text, and what is checked in them and said from them."""

from __future__ import annotations

from pathlib import Path

from agent.core.job_metadata import JobMetadata
from agent.scripts import Library, RenderedScript, load_library, script_for
from agent.scripts.checks.folders import check_path
from agent.scripts.finding import Finding

VALID_SCRIPT = """---
# yaml-language-server: $schema=../script.schema.json
version: 1
training: glass cutting
training_types: [glass]
locales: [en]
opening: >-
  Hello{% if name %} {{ name }}{% endif %}, I'm {{ guide }}, and {{ ai_disclosure }}.
  Your {{ training }} training is about {{ words.thing }}. Ready?
closing: Goodbye!
welcome_text: Welcome!
facts:
  - Gloves come first.
questions:
  - id: nerves
    type: choice
    ask: How do you feel?
    choices: {calm: calm, nervous: a little nervous}
  - {id: years, type: number, ask: How many years?, minimum: 0, maximum: 60}
  - {id: gloves, type: yes_no, ask: Do you have gloves?, required: true}
  - {id: hopes, type: text, ask: What do you hope for?}
words: {thing: glass}
industries:
  art: {aliases: [artists], words: {thing: mirrors}}
voice: aura-2-thalia-en
limits: {max_seconds: 300}
after_closing: continue
---
Be kind to {{ name or "them" }}.
"""
SHORT_SCRIPT = """---
version: 3
training: glass cutting
opening: Hello{% if name %} {{ name }}{% endif %}, I'm {{ guide }}, {{ ai_disclosure }}. Ready?
closing: Goodbye
welcome_text: Welcome
---
Be kind.
"""


def check_script(root: Path, text: str, name: str = "glass/en", **voices: str) -> list[Finding]:
    """Write the script into a file, and return what `prompts check` finds in it."""
    path = root / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return check_path(path, voices or None)


def library_of(root: Path, scripts: dict[str, str]) -> Library:
    """Write each script into the file of its name (`training/locale`), and load the folder."""
    for name, text in scripts.items():
        path = root / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return load_library(root)


def spoken(library: Library | None = None, /, name: str = "", **known: str) -> RenderedScript:
    """Return the script for a trainee of this name; `known` are other fields of the metadata."""
    metadata = JobMetadata.model_validate({"trainee": {"name": name}, **known})
    return script_for(metadata, library)
