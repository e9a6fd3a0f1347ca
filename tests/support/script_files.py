"""A valid script as text, and its check from a file."""

from __future__ import annotations

from pathlib import Path

from agent.scripts.check import check_path
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


def check_script(root: Path, text: str, name: str = "glass/en", **voices: str) -> list[Finding]:
    """Write the script into a file, and return what `prompts check` finds in it."""
    path = root / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return check_path(path, voices or None)
