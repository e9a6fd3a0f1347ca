"""`python -m agent prompts`: the tools for writers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from agent.cli.prompts import main
from agent.core.job_metadata import JobMetadata
from agent.scripts import PROMPTS, script_for
from agent.scripts.schema import json_schema
from tests.support.script_files import VALID_SCRIPT

BAD = "---\nversion: 1\nopening: Hi\nclosing: '*Bye*'\n---\n"


def test_prompts_runs_without_keys_and_without_livekit(tmp_path: Path) -> None:
    path = tmp_path / "mine" / "en.md"
    path.parent.mkdir()
    path.write_text(BAD)
    program = (
        "import sys, agent.__main__ as m; code = m.main(sys.argv[1:]);"
        "print('livekit.agents' in sys.modules, file=sys.stderr); sys.exit(code)"
    )
    command = [sys.executable, "-c", program, "prompts", "check", str(path)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, env={})
    assert result.returncode == 1
    assert result.stdout == f"{path}:1: error: welcome_text: is missing\n"
    assert result.stderr.splitlines() == [f"1 error, 0 warnings in {path}", "False"]


def test_prompts_exits_with_0_if_the_pipe_is_closed_early() -> None:
    command = [sys.executable, "-m", "agent", "prompts", "list"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=PROMPTS.parent
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
        assert (process.wait(30), said) == (0, b"")


def test_check_finds_nothing_in_the_shipped_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert capsys.readouterr().out == ""


def test_check_names_line_and_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine" / "en.md"
    path.parent.mkdir()
    path.write_text(BAD.replace("closing", "welcome_text: W\nclosing"))
    assert main(["check", str(path)]) == 1
    found = capsys.readouterr().out.splitlines()
    assert any(
        line.startswith(f"{path}:5: error: closing: contains '*': remove markdown")
        for line in found
    )
    assert main(["check", str(tmp_path / "nothing")]) == 1
    assert "does not exist" in capsys.readouterr().err


def test_list_prints_a_table_of_scripts_and_locales(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split()[:3] == ["script", "locale", "version"]
    assert len(rows) == len(list(PROMPTS.glob("[a-z]*/*.md")))


def test_list_shows_missing_stale_and_draft_scripts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path, text in {
        "glass/en": VALID_SCRIPT.replace("locales: [en]", "locales: [en, es, fr]"),
        "glass/es": VALID_SCRIPT.replace("locales: [en]\n", "").replace(
            "version: 1", "version: 0x"
        ),
        "glass/fr": "",
        "_metal/de": VALID_SCRIPT.replace("locales: [en]", "locales: [de]"),
        "wood/en": VALID_SCRIPT.replace("version: 1", "version: 2").replace("[en]", "[de, en, es]"),
        "wood/es": VALID_SCRIPT.replace("locales: [en]\n", ""),
    }.items():
        file = tmp_path / f"{path}.md"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert main(["list", "--prompts", str(tmp_path)]) == 1
    shown = capsys.readouterr()
    rows = {tuple(line.split()[:2]): line for line in shown.out.splitlines()}
    assert rows["glass", "es"].endswith("not valid")
    assert rows["glass", "fr"].endswith("not valid")
    assert rows["_metal", "de"].endswith("draft")
    assert rows["wood", "de"].endswith("missing")
    assert rows["wood", "es"].endswith("stale: en.md has version 2")
    assert "version: must be a whole number" in shown.err


def test_render_prints_texts_instructions_and_reason(capsys: pytest.CaptureFixture[str]) -> None:
    options = "--training-type|Food hygiene course|--industry|hotel|--locale|de-AT|--name|Ada"
    assert main(["render", *options.split("|")]) == 0
    shown = capsys.readouterr().out
    script = script_for(
        JobMetadata.model_validate(
            {
                "trainee": {"name": "Ada"},
                "training_type": "food_hygiene",
                "industry": "hotel",
                "locale": "de",
            }
        )
    )
    assert f"food_hygiene de version {script.version}" in shown
    assert "selected: script by training_type, locale by language, industry hospitality" in shown
    assert script.opening in " ".join(shown.split())
    question = script.questions[0]
    assert f"\nquestion {question.id} ({question.type}, required)\n  de, hospitality " in shown
    assert '- Name: "Ada"' in shown


@pytest.mark.parametrize("named", ["forklift", "prompts/forklift"])
def test_render_shows_a_script_in_all_locales_and_industries_with_seconds(
    named: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PROMPTS.parent)
    assert main(["render", named]) == 0
    shown = capsys.readouterr().out
    opening = shown.split("\nopening\n")[1].split("\n\n")[0]
    for locale in ("de", "en", "es", "fr"):
        assert re.search(rf"^  {locale} +\d+ s  ", opening, re.MULTILINE), opening
    assert re.search(r"^  en, logistics ", shown, re.MULTILINE)
    assert "question driven_before (yes_no, required)" in shown


def test_render_shows_a_draft_one_locale_and_one_industry(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draft = tmp_path / "_glass" / "en.md"
    draft.parent.mkdir()
    draft.write_text(VALID_SCRIPT, encoding="utf-8")
    folder = ["--prompts", str(tmp_path)]
    for named in (str(draft), str(draft.parent), "_glass", "glass"):
        assert main(["render", named, *folder, "--industry", "artists", "--name", "Bo"]) == 0
        shown = capsys.readouterr().out
        assert "en, art" in shown
        assert "Hello Bo, I'm Maya" in " ".join(shown.split())
        assert "about mirrors" in " ".join(shown.split())
    assert main(["render", "glass", *folder, "--locale", "fr"]) == 1
    assert "has no locale fr; it has en" in capsys.readouterr().err
    assert main(["render", "glas", *folder]) == 1
    assert "there is no script glas; do you mean _glass?" in capsys.readouterr().err


def test_render_says_loudly_that_another_script_was_chosen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["render", "--training-type", "forklfit", "--locale", "pl"]) == 1
    shown = capsys.readouterr().out
    assert shown.startswith("NO SCRIPT IS FOR THE TRAINING 'forklfit'.\nThis is general_welcome")
    assert "NO SCRIPT IS IN 'pl'. This is en." in shown


def test_schema_writes_the_schema_of_the_code(tmp_path: Path) -> None:
    assert main(["schema", "--prompts", str(tmp_path)]) == 0
    assert json.loads((tmp_path / "script.schema.json").read_text()) == json_schema()


def test_prompts_without_a_tool_is_a_usage_error() -> None:
    with pytest.raises(SystemExit) as e:
        main([])
    assert e.value.code == 2


def test_check_exits_with_0_if_there_are_only_warnings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "_draft" / "en.md"
    path.parent.mkdir()
    text = BAD.replace("Hi", "Hi, I'm an AI.").replace("'*Bye*'", "Bye\nwelcome_text: Hello")
    path.write_text(text.replace("version: 1", "version: 1\nlocales: [en]") + "Be kind.")
    for checked in (path, path.parent):
        assert main(["check", str(checked)]) == 0
        shown = capsys.readouterr()
        assert shown.out.startswith(f"{path}:4: warning: opening: asks nothing")
        assert shown.err == f"0 errors, 1 warning in {checked}\n"
    (tmp_path / "_common").mkdir()
    main(["check", str(tmp_path)])
    assert f"draft not checked; run: prompts check {path.parent}" in capsys.readouterr().err


def test_check_uses_the_voices_of_the_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine" / "en.md"
    path.parent.mkdir()
    text = BAD.replace("'*Bye*'", "Bye").replace("---\nversion", "---\nvoice: warm\nversion", 1)
    path.write_text(
        text.replace("opening: Hi", "welcome_text: W\nopening: Hi, I'm an AI. Ready?") + "Be."
    )
    monkeypatch.delenv("VOICES", raising=False)
    assert main(["check", str(path)]) == 0
    monkeypatch.setenv("VOICES", "en=aura-2-thalia-en")
    assert main(["check", str(path)]) == 1
    assert "voice: no voice 'warm'" in capsys.readouterr().out
    assert main(["check", str(path), "--voice", "warm=aura-2-orion-en"]) == 0
    monkeypatch.setenv("VOICES", "warm=aura-2-julius-de")
    assert main(["check", str(path)]) == 1
    assert "aura-2-julius-de speaks de" in capsys.readouterr().out
    monkeypatch.setenv("VOICES", "nonsense")
    assert main(["check", str(path)]) == 1
    assert "VOICES: must look like name=value" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["export", "--locale", "it", "--out"], "missing/file cannot be read or written: No such"),
        (["preview", "--out"], "missing/file cannot be read or written: No such"),
        (["new", "foo", "--locale", "it", "--prompts"], "missing/file is not a folder"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_prompts_names_a_path_that_cannot_be_used(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, str(tmp_path / "missing" / "file")]) == 1
    assert capsys.readouterr().err.startswith(f"{tmp_path}/{said}")
    assert not (tmp_path / "missing").exists()
