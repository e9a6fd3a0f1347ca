"""Rendering: the selected script, filled with one trainee's values for the voice and the LLM."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace

from agent.core.job_metadata import JobMetadata
from agent.core.locales import language_of
from agent.scripts.disclosure import insert_recording_disclosure
from agent.scripts.library import Library, ScriptFile
from agent.scripts.rendered_script import RenderedScript, Welcome
from agent.scripts.schema import NO_INDUSTRY, Common
from agent.scripts.script_texts import ScriptTexts, common_of, shared_text
from agent.scripts.selection import ScriptSelection
from agent.scripts.speakable import estimate_speech_s, speakable_value

_GIVEN = frozenset(["name", "role", "industry", "training_type", "training"])
"""Placeholders whose values the platform or the trainee wrote."""
_PLATFORM_WORDS = ("role", "industry", "training_type")


def render_script(
    library: Library, selection: ScriptSelection, metadata: JobMetadata
) -> RenderedScript:
    """Fill every text of the selected script with what is known about the trainee.

    Raises:
        ScriptError: a text is not a valid template, uses an unknown name, or is missing.
    """
    file, script = selection.file, selection.file.fields
    common = common_of(library, file.locale)
    values = _values(selection, common, metadata)
    given, speakable = values.given, values.speakable
    guide = shared_text(file, common, "guide") or ""
    industry, own = selection.industry, values.own
    spoken = ScriptTexts(file, common, industry, own | speakable, quoted=frozenset())
    told = ScriptTexts(file, common, industry, own | given, quoted=_GIVEN)
    locales = tuple(library.scripts.get(file.script, {}))
    opening = spoken.varied("opening")
    recording_disclosure = spoken.shared("recording_disclosure")
    return RenderedScript(
        name=file.script,
        locale=file.locale,
        version=script.version,
        locales=locales,
        chosen_by=selection.chosen_by,
        locale_by=selection.locale_by,
        industry=selection.industry,
        reason=selection.reason,
        guide=guide,
        poster=script.poster or "",
        training=speakable["training"],
        ai_disclosure=spoken.shared("ai_disclosure"),
        opening=opening,
        closing=spoken.fill("closing", script.closing),
        trouble=spoken.shared("trouble"),
        moment=spoken.shared("moment"),
        resume=spoken.shared("resume"),
        suggest_typing=spoken.shared("suggest_typing"),
        check_in=spoken.shared("check_in"),
        welcome_text=spoken.varied("welcome_text"),
        recording_disclosure=recording_disclosure,
        opening_recorded=insert_recording_disclosure(
            opening, recording_disclosure, given=list(speakable.values())
        ),
        talking_points=spoken.all_of("talking_points"),
        facts=spoken.all_of("facts"),
        keyterms=tuple(
            filter(None, [given["name"], speakable["training"], guide, *script.keyterms])
        ),
        questions=spoken.questions(),
        instructions=told.instructions(
            languages=tuple(f"{_language(library, tag)} ({tag})" for tag in locales)
        ),
        voice=script.voice,
        avatar=script.avatar,
        limits=script.limits,
        after_closing=script.after_closing,
    )


def render_welcome(library: Library, selection: ScriptSelection, metadata: JobMetadata) -> Welcome:
    """Fill what the page shows before the greeting: a small part of `render_script`.

    Raises:
        ScriptError: a text is not a valid template, uses an unknown name, or is missing.
    """
    file, script = selection.file, selection.file.fields
    common = common_of(library, file.locale)
    texts = _spoken_texts(selection, common, metadata)
    return Welcome(
        locale=file.locale,
        guide=shared_text(file, common, "guide") or "",
        poster=script.poster or "",
        welcome_text=texts.varied("welcome_text"),
        spoken_s=_spoken_s(
            selection, common, metadata.role, metadata.industry, metadata.training_type
        ),
        question_count=len(script.questions),
        limits=script.limits,
    )


@lru_cache(maxsize=1024)
def _spoken_s(
    selection: ScriptSelection,
    common: ScriptFile[Common],
    role: str,
    industry: str,
    training_type: str,
) -> float:
    """Estimate the duration of opening and closing. Cached: it is the same for most trainees."""
    metadata = JobMetadata(role=role, industry=industry, training_type=training_type)
    texts = _spoken_texts(selection, common, metadata)
    opening = texts.varied("opening")
    closing = texts.fill("closing", selection.file.fields.closing)
    return sum(estimate_speech_s(text, selection.file.locale) for text in (opening, closing))


def _spoken_texts(
    selection: ScriptSelection, common: ScriptFile[Common], metadata: JobMetadata
) -> ScriptTexts:
    values = _values(selection, common, metadata)
    return ScriptTexts(
        selection.file,
        common,
        selection.industry,
        values.own | values.speakable,
        quoted=frozenset(),
    )


@dataclass(frozen=True)
class _Values:
    """What fills a script's texts."""

    given: dict[str, str]
    """As the platform gave it."""
    speakable: dict[str, str]
    own: dict[str, object]
    """The script's own words."""


def _values(
    selection: ScriptSelection, common: ScriptFile[Common], metadata: JobMetadata
) -> _Values:
    file, script = selection.file, selection.file.fields
    industry = script.industries.get(selection.industry, NO_INDUSTRY)
    known_training = metadata.training_type if selection.chosen_by != "training_type" else ""
    given = {
        "name": metadata.trainee.name,
        "role": metadata.role,
        "industry": metadata.industry,
        "training_type": metadata.training_type,
        "training": known_training or script.training or "",
    }
    speakable = {
        "name": given["name"],  # it can be spoken as it is
        **{key: speakable_value(given[key], file.locale) for key in _PLATFORM_WORDS},
        "training": speakable_value(known_training, file.locale) or script.training or "",
    }
    own: dict[str, object] = {
        "guide": shared_text(file, common, "guide") or "",
        "words": SimpleNamespace(**script.words | industry.words),
    }
    return _Values(given, speakable, own)


def _language(library: Library, tag: str) -> str:
    """Return the name of a language in that language, or its tag if `_common/` has no name."""
    common = library.commons.get(tag) or library.commons.get(language_of(tag))
    return common.fields.language if common else tag
