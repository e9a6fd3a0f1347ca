"""Scripts: the one loader of `prompts/`. It parses, validates and renders; it invents nothing.

A script is a folder, a locale a file in it: YAML front matter with what is said word for word, and
below it the LLM's instruction. Both are templates; a trainee's values are filled in as plain text
and are never themselves rendered.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ConfigDict, ValidationError

from agent.errors import ScriptError
from agent.job_metadata import JobMetadata

PROMPTS = Path(__file__).resolve().parent.parent / "prompts"
DEFAULT_SCRIPT = "general_welcome"
DEFAULT_LOCALE = "en"

_templates = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


class SpokenScript(BaseModel):
    """A script filled with one trainee: final text, ready to be said or read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    locale: str
    version: int
    opening: str
    closing: str
    trouble: str
    welcome_text: str
    instructions: str


class Script(SpokenScript):
    """One script in one locale, as written: its texts are templates."""

    def for_trainee(self, metadata: JobMetadata) -> SpokenScript:
        """Fill every text with what is known of the trainee.

        Raises:
            ScriptError: a text is no template or uses an unknown name.
        """
        values = {
            "name": metadata.trainee.name,
            "role": metadata.role,
            "industry": metadata.industry,
            "training_type": metadata.training_type,
        }

        def fill(field: str) -> str:
            try:
                return _templates.from_string(getattr(self, field)).render(values)
            except TemplateError as e:
                raise ScriptError(f"{self.name}/{self.locale}.md: {field}: {e}") from e

        return SpokenScript(
            name=self.name,
            locale=self.locale,
            version=self.version,
            instructions=fill("instructions"),
            **{field: " ".join(fill(field).split()) for field in _SPOKEN},
        )


_SPOKEN = ("opening", "closing", "trouble", "welcome_text")
"""Said or read word for word: one line each, however the file is wrapped."""


@cache
def load_script(name: str = DEFAULT_SCRIPT, locale: str = DEFAULT_LOCALE) -> Script:
    """Read one script from `prompts/`.

    Raises:
        ScriptError: no such file, no front matter, an unknown or missing field.
    """
    path = PROMPTS / name / f"{locale}.md"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as e:
        raise ScriptError(f"{name}/{locale}.md cannot be read: {e.strerror}") from e
    parts = text.split("---\n", 2)
    if len(parts) != 3 or parts[0]:
        raise ScriptError(f"{name}/{locale}.md: front matter between two lines of --- is missing")
    try:
        fields = yaml.safe_load(parts[1])
    except yaml.YAMLError as e:
        raise ScriptError(f"{name}/{locale}.md: front matter is not YAML: {e}") from e
    if not isinstance(fields, dict):
        raise ScriptError(f"{name}/{locale}.md: front matter must be names and texts")
    try:
        return Script(name=name, locale=locale, instructions=parts[2].strip(), **fields)
    except (ValidationError, TypeError) as e:
        raise ScriptError(f"{name}/{locale}.md: {e}") from e


def script_for(metadata: JobMetadata) -> SpokenScript:
    """The script this trainee hears, filled with what is known of them."""
    return load_script().for_trainee(metadata)
