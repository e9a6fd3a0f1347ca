"""Selection of the script and the locale for a trainee.

The order, in which the trainee's language is more important than the script:

1. Scripts, best first: the one that declares the training type; the one that declares the role (of
   several, the first by folder name); `general_welcome`.
2. Locales, best first: the trainee's own tag (`es-MX`), the tag shortened (`es`), any other region
   of the language (`es-ES`); and only if no script of step 1 has one of these, `en`.
3. The best script of step 1 that has a locale of the trainee's language; else, in `en`, again the
   best script of step 1.
4. Within the script, the industry it declares, or none.

Training types, roles and industries of the platform are free text. They are compared with the
aliases in all locales of a script. The comparison ignores case, accents, punctuation, gender,
number and the `ignored_words` of the locales ("training", "course"). A text that is an alias is
preferred to one that contains an alias as whole words; then an alias in the trainee's language;
then the longest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from agent.core.job_metadata import JobMetadata
from agent.core.locales import language_of
from agent.scripts.library import Library, ScriptFile
from agent.scripts.schema import Script
from agent.scripts.word_forms import base_forms, normalize_words

DEFAULT_SCRIPT = "general_welcome"
DEFAULT_LOCALE = "en"

ChosenBy = Literal["training_type", "role", "default"]
LocaleBy = Literal["exact", "language", "default"]
Alias = tuple[str, str]
"""A locale, and a name in its language."""


@dataclass(frozen=True)
class ScriptSelection:
    """One script for one trainee, and why it was selected."""

    file: ScriptFile[Script]
    chosen_by: ChosenBy
    locale_by: LocaleBy
    industry: str
    """The key of the industry whose wording is used; empty for none."""

    @property
    def reason(self) -> str:
        """For logs and outcomes; contains no text of the platform or the trainee."""
        industry = f", industry {self.industry}" if self.industry else ""
        return f"script by {self.chosen_by}, locale by {self.locale_by}{industry}"


def rank_scripts(library: Library, metadata: JobMetadata) -> Iterator[ScriptSelection]:
    """Yield the scripts for a trainee, best first, in the order of the module's docstring."""
    ignored = ignored_words(library)
    wanted: dict[str, ChosenBy] = {}
    for value, by in ((metadata.training_type, "training_type"), (metadata.role, "role")):
        if not value:
            continue
        aliases = {name: _aliases(files, name, by) for name, files in library.scripts.items()}
        if name := match_alias(value, aliases, ignored, metadata.locale or DEFAULT_LOCALE):
            wanted.setdefault(name, by)  # type: ignore[arg-type]
    if DEFAULT_SCRIPT in library.scripts:
        wanted.setdefault(DEFAULT_SCRIPT, "default")
    for own_language in (True, False):
        for name, chosen_by in wanted.items():
            files = library.scripts[name]
            found = find_locale(files, metadata.locale) if own_language else None
            if not own_language and DEFAULT_LOCALE in files:
                found = DEFAULT_LOCALE, "default"
            if found:
                tag, locale_by = found
                industry = match_alias(metadata.industry, _industries(files, tag), ignored, tag)
                yield ScriptSelection(files[tag], chosen_by, locale_by, industry)


def match_alias(
    value: str,
    aliases: Mapping[str, Iterable[Alias]],
    ignored: frozenset[str],
    locale: str = DEFAULT_LOCALE,
) -> str:
    """Return the key whose alias fits `value` best, by the module's docstring; empty for none."""
    language = language_of(locale)
    said: dict[str, str] = {}
    best, best_fit = "", (False, False, 0)
    for key, texts in aliases.items():
        for alias_locale, text in texts:
            if alias_locale not in said:
                said[alias_locale] = f" {base_forms(value, alias_locale, ignored)} "
            alias = f" {base_forms(text, alias_locale, ignored)} "
            if alias.strip() and alias in said[alias_locale]:
                is_whole = alias == said[alias_locale]
                fit = (is_whole, language_of(alias_locale) == language, len(alias))
                if fit > best_fit:
                    best, best_fit = key, fit
    return best


def ignored_words(library: Library) -> frozenset[str]:
    words = (word for file in library.commons.values() for word in file.fields.ignored_words)
    return frozenset(normalize_words(word) for word in words)


def _aliases(files: Mapping[str, ScriptFile[Script]], name: str, by: str) -> list[Alias]:
    if by == "role":
        return [(tag, alias) for tag, file in files.items() for alias in file.fields.roles]
    listed = [(tag, alias) for tag, file in files.items() for alias in file.fields.training_types]
    return [(DEFAULT_LOCALE, name), *listed]


def _industries(files: Mapping[str, ScriptFile[Script]], tag: str) -> dict[str, list[Alias]]:
    """Return the industries of one locale, with their aliases in all locales."""
    return {
        key: [(DEFAULT_LOCALE, key)]
        + [
            (locale, alias)
            for locale, file in files.items()
            if key in file.fields.industries
            for alias in file.fields.industries[key].aliases
        ]
        for key in files[tag].fields.industries
    }


def find_locale(files: Iterable[str], tag: str) -> tuple[str, LocaleBy] | None:
    """Return the best of the given locales for a language tag, and how it was found."""
    have = {name.lower(): name for name in files}
    wanted = tag.replace("_", "-").lower() or DEFAULT_LOCALE
    if wanted in have:
        return have[wanted], "exact"
    parts = wanted.split("-")
    for length in range(len(parts) - 1, 0, -1):
        if name := have.get("-".join(parts[:length])):
            return name, "language"
    regions = sorted(name for name in have if language_of(name) == parts[0])
    return (have[regions[0]], "language") if regions else None
