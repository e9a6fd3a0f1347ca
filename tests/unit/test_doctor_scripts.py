"""`doctor` checks the scripts with the voices and avatars of the settings."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.cli.doctor import result as doctor_result
from agent.cli.doctor.checks import scripts
from agent.cli.doctor.configuration import read_configuration
from agent.cli.doctor.result import CheckResult, Level
from agent.scripts import PROMPTS
from tests.support.environments import BOTH_PARTS, BOTH_SERVICES
from tests.support.other_user import of_another_user, visible_folder


@pytest.fixture
def prompts() -> Iterator[Path]:
    with visible_folder() as folder:
        root = folder / "prompts"
        for name in ("_common", "forklift", "general_welcome"):
            shutil.copytree(PROMPTS / name, root / name)
        yield root


async def found_in(root: Path, **settings: str) -> dict[str, CheckResult]:
    config = read_configuration({**BOTH_SERVICES, **settings}, parts=BOTH_PARTS)
    return {result.check: result for result in await scripts.check(config, root)}


def name_in_script(root: Path, line: str) -> None:
    file = root / "forklift" / "en.md"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("---\n", f"---\n{line}\n", 1), encoding="utf-8")


async def test_scripts_check_accepts_scripts_that_name_no_voice(prompts: Path) -> None:
    found = await found_in(prompts)
    assert {name: result.level for name, result in found.items()} == {
        "scripts.valid": Level.OK,
        "scripts.voices": Level.OK,
    }


async def test_scripts_check_finds_a_voice_that_voices_lacks(prompts: Path) -> None:
    name_in_script(prompts, "voice: warm")
    result = (await found_in(prompts))["scripts.valid"]
    assert result.level is Level.FAILED
    assert "forklift/en.md:2: error: voice: no voice 'warm': add it to VOICES" in result.what
    voices = "en=aura-2-andromeda-en,*=gemini:Kore,warm=aura-2-thalia-en"
    assert (await found_in(prompts, VOICES=voices))["scripts.valid"].level is Level.OK


async def test_scripts_check_finds_an_avatar_that_only_the_script_names(prompts: Path) -> None:
    name_in_script(prompts, "avatar: coach")
    result = (await found_in(prompts))["scripts.avatars"]
    assert result.level is Level.WARNING
    assert result.what.startswith("scripts name the avatar coach, which BEYOND_PRESENCE_AVATARS")
    assert "scripts.avatars" not in await found_in(prompts, BEYOND_PRESENCE_AVATARS="coach=0b1d")


async def test_scripts_check_finds_an_avatar_that_no_script_uses(prompts: Path) -> None:
    table = "forklift=0b1d,general_welcom=0b1e"
    result = (await found_in(prompts, BEYOND_PRESENCE_AVATARS=table))["scripts.avatars"]
    assert result.level is Level.WARNING
    assert "has general_welcom, which is neither" in result.what


@pytest.mark.skipif(os.name == "nt", reason="needs the permissions of POSIX")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "prompts cannot be read: Permission denied"),
        ("forklift", "forklift: error: cannot be read: Permission denied"),
    ],
)
async def test_scripts_check_names_a_folder_that_cannot_be_read(
    prompts: Path, name: str, said: str
) -> None:
    await found_in(prompts)  # imports everything: this user may
    with of_another_user(prompts / name):
        result = (await found_in(prompts))["scripts.valid"]
    assert result.level is Level.FAILED
    assert said in result.what


async def test_scripts_check_may_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine it takes longer than a server may take to answer."""
    monkeypatch.setattr(doctor_result, "_LIMIT_S", 0.01)
    found = await scripts.check(read_configuration({}, parts=BOTH_PARTS))
    assert [r.level for r in found if r.check == "scripts.valid"] == [Level.OK]
