"""Scripts: whether all of them are valid, and every locale has a voice that speaks it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

from agent.cli.doctor.configuration import Configuration
from agent.cli.doctor.result import CheckResult, failed, ok, reports, skipped, warning
from agent.core.errors import ScriptError
from agent.core.folders import exists
from agent.core.locales import language_of
from agent.scripts import PROMPTS, Library, load_library
from agent.scripts.checks.folders import check_path
from agent.speech.voices import choose_voice, speaks

_LIMIT_S = 60.0
"""This check waits for nothing but a CPU: 2 s of one, which a busy machine may not have."""


@reports("scripts.valid", "scripts.voices", limit_s=_LIMIT_S)
async def check(config: Configuration, root: Path = PROMPTS) -> AsyncIterator[CheckResult]:
    try:
        voices = None if config.lacks("VOICES") else config.worker.voices
        found = await asyncio.to_thread(check_path, root, voices)
        library = await asyncio.to_thread(load_library, root)
    except ScriptError as e:
        fix = "prompts/ belongs next to agent/: copy it there, or build the image again"
        if exists(root):
            fix = (
                "correct it: python -m agent prompts check lists every problem. If it cannot be "
                "read, let this user read prompts/ (chmod -R a+rX prompts)"
            )
        yield failed("scripts.valid", f"the scripts cannot be read: {e}", fix)
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
    if "worker" in config.parts and not config.lacks("BEYOND_PRESENCE_AVATARS"):
        for result in _avatars(library, config.worker.beyond_presence_avatars):
            yield result
    if unusable := config.lacks("VOICES"):
        yield skipped("scripts.voices", unusable)
        return
    missing: dict[str, list[str]] = {}
    locales: set[str] = set()
    for name, files in library.scripts.items():
        for locale, file in files.items():
            locales.add(locale)
            voice = choose_voice(config.worker.voices, locale, file.fields.voice)
            if not speaks(voice, locale):
                missing.setdefault(locale, []).append(name)
    for locale, names in sorted(missing.items()):
        language = language_of(locale)
        yield failed(
            "scripts.voices",
            f"no voice speaks {locale}: {len(names)} scripts would be spoken by a voice of another "
            "language",
            f"add {language}=VOICE to VOICES, or *=gemini:Kore, which speaks any language",
        )
    if not missing:
        yield ok("scripts.voices", f"every locale has a voice: {', '.join(sorted(locales))}")


def _avatars(library: Library, table: Mapping[str, str]) -> Iterator[CheckResult]:
    """Find names that only the scripts have, or only BEYOND_PRESENCE_AVATARS."""
    files = [file for locales in library.scripts.values() for file in locales.values()]
    named = {file.fields.avatar for file in files if file.fields.avatar}
    check, table_name = "scripts.avatars", "BEYOND_PRESENCE_AVATARS"
    if missing := sorted(named - table.keys()):
        yield warning(
            check,
            f"scripts name the avatar {', '.join(missing)}, which {table_name} does not have: "
            "trainees see the default avatar",
            f"add {missing[0]}=AVATAR_ID to {table_name}, or correct the scripts",
        )
    if unused := sorted(table.keys() - named - library.scripts.keys()):
        yield warning(
            check,
            f"{table_name} has {', '.join(unused)}, which is neither a script's folder nor a name "
            "that a script uses",
            "correct the name, or remove it",
        )
