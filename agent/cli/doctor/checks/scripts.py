"""Scripts: whether all of them are valid, and every locale has a voice that speaks it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from agent.cli.doctor.configuration import Configuration
from agent.cli.doctor.result import CheckResult, failed, ok, skipped
from agent.core.errors import ScriptError
from agent.scripts import PROMPTS, load_library
from agent.scripts.check import check_path
from agent.speech.voices import choose_voice, gemini_voice, spoken_language


async def check(config: Configuration) -> AsyncIterator[CheckResult]:
    try:
        found = await asyncio.to_thread(check_path, PROMPTS)
        library = await asyncio.to_thread(load_library, PROMPTS)
    except ScriptError as e:
        yield failed(
            "scripts.valid",
            f"the scripts cannot be read: {e}",
            "prompts/ belongs next to agent/: copy it there, or build the image again",
        )
        yield skipped("scripts.voices", "the scripts cannot be read")
        return
    if found:
        first = str(found[0])
        yield failed(
            "scripts.valid",
            f"the scripts have {len(found)} problem{'s' * (len(found) > 1)}, the first: {first}",
            "correct it; python -m agent prompts check lists all of them",
        )
    else:
        yield ok("scripts.valid", f"all {len(library.scripts)} scripts are valid")
    if unusable := config.lacks("VOICES"):
        yield skipped("scripts.voices", unusable)
        return
    missing: dict[str, list[str]] = {}
    locales: set[str] = set()
    for name, files in library.scripts.items():
        for locale, file in files.items():
            locales.add(locale)
            voice = choose_voice(config.worker.voices, locale, file.fields.voice)
            if not _speaks(voice, locale):
                missing.setdefault(locale, []).append(name)
    for locale, names in sorted(missing.items()):
        language = locale.split("-")[0]
        yield failed(
            "scripts.voices",
            f"no voice speaks {locale}: {len(names)} scripts would be spoken by a voice of another "
            "language",
            f"add {language}=VOICE to VOICES, or *=gemini:Kore, which speaks any language",
        )
    if not missing:
        yield ok("scripts.voices", f"every locale has a voice: {', '.join(sorted(locales))}")


def _speaks(voice: str, locale: str) -> bool:
    if gemini_voice(voice):
        return True
    spoken = spoken_language(voice)
    return spoken is None or spoken == locale.split("-")[0].lower()
