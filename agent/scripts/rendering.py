"""Rendering: the selected script, filled with one trainee's values for the voice and the LLM."""

from __future__ import annotations

from functools import lru_cache

from agent.core.job_metadata import JobMetadata
from agent.core.locales import language_of
from agent.scripts.disclosure import insert_recording_disclosure
from agent.scripts.library import Library, ScriptFile
from agent.scripts.rendered_script import RenderedScript, Welcome
from agent.scripts.schema import SHARED_LINES, Common
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

    Raises ScriptError if a text is not a valid template, uses an unknown name, or is missing.
    """
    file, script = selection.file, selection.file.fields
    common = common_of(library, file.locale)
    given, speakable = _platform_values(selection, metadata)
    guide = shared_text(file, common, "guide")
    spoken = ScriptTexts(selection, common, speakable)
    told = ScriptTexts(selection, common, given, quoted=_GIVEN)
    locales = tuple(library.scripts.get(file.script, {}))
    opening = spoken.varied("opening")
    shared = {line: spoken.shared(line) for line in SHARED_LINES}
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
        training=speakable["training"],
        **shared,
        opening=opening,
        closing=spoken.fill("closing", script.closing),
        welcome_text=spoken.varied("welcome_text"),
        opening_recorded=insert_recording_disclosure(
            opening, shared["recording_disclosure"], given=list(speakable.values())
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
    """Fill what the page shows before the greeting: a small part of `render_script`."""
    file, script = selection.file, selection.file.fields
    common = common_of(library, file.locale)
    _, speakable = _platform_values(selection, metadata)
    return Welcome(
        locale=file.locale,
        guide=shared_text(file, common, "guide"),
        poster=script.poster or "",
        welcome_text=ScriptTexts(selection, common, speakable).varied("welcome_text"),
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
    texts = ScriptTexts(selection, common, _platform_values(selection, metadata)[1])
    opening = texts.varied("opening")
    closing = texts.fill("closing", selection.file.fields.closing)
    return sum(estimate_speech_s(text, selection.file.locale) for text in (opening, closing))


def _platform_values(
    selection: ScriptSelection, metadata: JobMetadata
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the values of `_GIVEN` as the platform gave them, and as a voice can say them."""
    file, training = selection.file, selection.file.fields.training or ""
    known_training = metadata.training_type if selection.chosen_by != "training_type" else ""
    given = {
        "name": metadata.trainee.name,
        "role": metadata.role,
        "industry": metadata.industry,
        "training_type": metadata.training_type,
        "training": known_training or training,
    }
    return given, {
        "name": given["name"],  # it can be spoken as it is
        **{key: speakable_value(given[key], file.locale) for key in _PLATFORM_WORDS},
        "training": speakable_value(known_training, file.locale) or training,
    }


def _language(library: Library, tag: str) -> str:
    """Return the name of a language in that language, or its tag if `_common/` has no name."""
    common = library.commons.get(tag) or library.commons.get(language_of(tag))
    return common.fields.language if common else tag
