"""Scripts: all of them fit to ship, and a voice for the locale of each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from agent.cli.doctor.finding import Finding, failed, ok, skipped
from agent.cli.doctor.given import Given
from agent.core.errors import ScriptError
from agent.scripts import PROMPTS, load_library
from agent.scripts.check import check_path
from agent.speech.voices import choose_voice, gemini_voice, spoken_language


async def check(given: Given) -> AsyncIterator[Finding]:
    try:
        found = await asyncio.to_thread(check_path, PROMPTS)
        library = await asyncio.to_thread(load_library, PROMPTS)
    except ScriptError as e:
        yield failed("scripts.valid", f"the scripts cannot be read: {e}", "mend them in prompts/")
        yield skipped("scripts.voices", "the scripts cannot be read")
        return
    if found:
        first = str(found[0])
        yield failed(
            "scripts.valid",
            f"{len(found)} findings in the scripts, the first: {first}",
            "python -m agent prompts check names each",
        )
    else:
        yield ok("scripts.valid", f"{len(library.scripts)} scripts are fit to ship")
    if lacking := given.lacks("VOICES"):
        yield skipped("scripts.voices", lacking)
        return
    missing: dict[str, list[str]] = {}
    locales: set[str] = set()
    for name, files in library.scripts.items():
        for locale, file in files.items():
            locales.add(locale)
            voice = choose_voice(given.worker.voices, locale, file.fields.voice)
            if not _speaks(voice, locale):
                missing.setdefault(locale, []).append(name)
    for locale, names in sorted(missing.items()):
        language = locale.split("-")[0]
        yield failed(
            "scripts.voices",
            f"no voice speaks {locale}: {len(names)} scripts would be read by one of another "
            "language",
            f"add {language}=VOICE to VOICES, or *=gemini:Kore, which speaks any language",
        )
    if not missing:
        yield ok("scripts.voices", f"a voice for each locale: {', '.join(sorted(locales))}")


def _speaks(voice: str, locale: str) -> bool:
    if gemini_voice(voice):
        return True
    spoken = spoken_language(voice)
    return spoken is None or spoken == locale.split("-")[0].lower()
