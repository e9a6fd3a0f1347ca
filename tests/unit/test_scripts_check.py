"""`prompts check` reports invalid scripts, with file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.scripts import PROMPTS, load_library
from agent.scripts.checks.folders import check_path
from agent.scripts.checks.wording import speech_problem
from tests.support.script_files import VALID_SCRIPT, check_script


def test_check_accepts_a_valid_script(tmp_path: Path) -> None:
    assert check_script(tmp_path, VALID_SCRIPT) == []
    assert check_path(tmp_path / "glass") == []
    assert check_path(tmp_path) == []


@pytest.mark.parametrize(
    "text",
    ["Ready (or not)? Let’s go – now…", "आपका स्वागत है।", "هل أنت جاهز؟", "「はい」、どうぞ。"],
)
def test_speech_problem_accepts_what_a_voice_can_speak(text: str) -> None:
    assert speech_problem(text, "en") == ""


def test_example_of_the_format_page_has_no_findings(tmp_path: Path) -> None:
    page = (PROMPTS.parent / "docs" / "script-format.md").read_text(encoding="utf-8")
    check_script(tmp_path, page.split("```yaml\n")[1].split("```")[0])
    assert check_path(tmp_path) == []


@pytest.mark.parametrize(
    ("change", "to", "line", "field", "message"),
    [
        ("closing:", "colsing:", 10, "colsing", "unknown field; do you mean 'closing'?"),
        ("closing: Goodbye!\n", "", 1, "closing", "is missing"),
        ("closing: Goodbye!", "closing: ''", 10, "closing", "is empty"),
        ("closing: Goodbye!", "closing: 12", 10, "closing", "must be text"),
        ("closing: Goodbye!", "closing: a\nclosing: b", 11, "closing", "is given twice"),
        ("closing: Goodbye!", "closing: [", 12, "", "a list or {…} is not closed"),
        ("version: 1", "version: none", 3, "version", "whole number"),
        ("version: 1", "version: 0", 3, "version", "must be 1 or more"),
        ("{{ guide }}", "{{ giude }}", 7, "opening", "unknown placeholder 'giude'"),
        ("{{ words.thing }}", "{{ words.thin }}", 7, "opening", "'words.thin'"),
        ("{% endif %}", "", 7, "opening", "{% if %} is not closed: add {% endif %}"),
        ("Ready?", "{{ name | loud }}?", 7, "opening", "there is no filter 'loud'"),
        ("Ready?", "{{ name.__class__ }}?", 7, "opening", "unsafe"),
        ("Ready?", "{% include name %}?", 7, "opening", "'include' is not allowed in scripts"),
        ("words: {thing: mirrors}", "opening: '{{ 1 / 0 }}'", 24, "industries.art.opening", "zero"),
        ("facts:", "facts: &a [*a]\ntalking_points:", 12, "", "a text begins with *a"),
        ("Ready?", "{{ 1 / 0 }}?", 7, "opening", "divides by zero"),
        ("Be kind to {{ name", "Be kind.\n\nTo {{ nmae", 31, "", "unknown placeholder 'nmae'"),
        ('Be kind to {{ name or "them" }}.', "", 29, "", "the persona is missing"),
        ("Be kind", "{{ 1 / 0 }}", 1, "text below the front matter", "divides by zero"),
        ("Goodbye!", "'**Goodbye!**'", 10, "closing", "markdown"),
        ("Goodbye!", "'# Goodbye'", 10, "closing", "markdown"),
        ("Goodbye!", "Goodbye & thanks", 10, "closing", "'&'"),
        ("Goodbye!", "Half is ½", 10, "closing", "'½'"),
        ("Goodbye!", "Goodbye 😀", 10, "closing", "emoji"),
        ("Goodbye!", "See www.example.com", 10, "closing", "address"),
        ("Goodbye!", "Bye, e.g. now", 10, "closing", "abbreviation"),
        ("Goodbye!", "Call 0800123", 10, "closing", "number"),
        ("Goodbye!", "GOODBYE now", 10, "closing", "capitals"),
        ("Goodbye!", "'{% if role == \"x\" %}*{% endif %}Bye'", 10, "closing", "markdown"),
        ("Gloves come first.", "Gloves [first](x)", 13, "facts[0]", "markdown"),
        ("{thing: mirrors}", "{thing: mirrors/panes}", 24, "industries.art.words.thing", "'/'"),
        ("Goodbye!", "Bye " * 90, 10, "closing", "the limit is 20 s"),
        ("Ready?", "We talk on and on. " * 12, 7, "opening", "the limit is 15 s"),
        ("{{ ai_disclosure }}", "a friend", 7, "opening", "does not say that an AI speaks"),
        (
            "{thing: mirrors}",
            "{thing: mirrors}, opening: Hello. Ready?",
            24,
            "industries.art.opening",
            "does not say that an AI speaks",
        ),
        ("closing:", "ai_disclosure: a friend\nclosing:", 10, "ai_disclosure", "that an AI speaks"),
        (
            "closing:",
            "recording_disclosure: We are so glad.\nclosing:",
            10,
            "recording_disclosure",
            "does not say that the greeting is recorded",
        ),
        (
            "closing:",
            "recording_disclosure: This is recorded, and on and on and on, as long as anybody can "
            "bear to listen to it and then a little longer.\nclosing:",
            10,
            "recording_disclosure",
            "the limit is 7 s",
        ),
        ("thalia-en", "celeste-es", 25, "voice", "speaks es, but the file is for en"),
        ("aura-2-thalia-en", "a voice", 25, "voice", "must be one word"),
        ("id: years", "id: nerves", 19, "questions[1].id", "'nerves' is given twice"),
        (
            "    choices: {calm: calm, nervous: a little nervous}\n",
            "",
            15,
            "questions[0].choices",
            "is missing",
        ),
        (
            "{calm: calm, nervous: a little nervous}",
            "{calm: calm}",
            18,
            "questions[0].choices",
            "two choices or more",
        ),
        ("type: text", "type: txt", 21, "questions[3].type", "choice, number, text or yes_no"),
        (", type: text", "", 21, "questions[3].type", "is missing"),
        ("id: hopes", "id: My Hopes", 21, "questions[3].id", "small letters, digits and _"),
        ("minimum: 0", "minimum: 99", 19, "questions[1]", "minimum is above maximum"),
        ("minimum: 0", "least: 0", 19, "questions[1].least", "unknown field"),
        ("{max_seconds: 300}", "{max_seconds: 9}", 26, "limits.max_seconds", "60"),
        ("{max_seconds: 300}", "{max_secs: 300}", 26, "limits.max_secs", "unknown field"),
        ("words: {thing: glass}", "words: {a: b}", 24, "industries.art.words.thing", "no default"),
        (
            "  art: {aliases: [artists], words: {thing: mirrors}}\n",
            "  art: {aliases: [artists]}\n  craft: {aliases: [Artists]}\n",
            25,
            "industries.craft.aliases[0]",
            "already belongs to art",
        ),
        ("id: hopes", f"id: {'h' * 58}", 21, "questions[3].id", "57"),
        ("after_closing: continue", "after_closing: stop", 27, "after_closing", "continue"),
        ("[glass]", "glass", 5, "training_types", "must be a list: one entry per line"),
        ("---\n#", "#", 1, "", "front matter is missing"),
    ],
)
def test_check_rejects_an_invalid_script(
    tmp_path: Path, change: str, to: str, line: int, field: str, message: str
) -> None:
    assert change in VALID_SCRIPT
    found = check_script(tmp_path, VALID_SCRIPT.replace(change, to, 1))
    texts = [str(f) for f in found]
    where = [f for f in found if (line in {f.line, 0}) and f.field == field]
    assert any(message in f.message for f in where), texts
    assert all(text.startswith(f"{tmp_path}/glass/en.md") for text in texts)


def test_check_compares_the_locales_of_a_script(tmp_path: Path) -> None:
    check_script(tmp_path, VALID_SCRIPT.replace("locales: [en]", "locales: [en, es, fr]"))
    spanish = VALID_SCRIPT.replace("locales: [en]\n", "").replace("thalia-en", "celeste-es")
    check_script(tmp_path, spanish.replace("id: gloves", "id: guantes"), "glass/es")
    found = [str(f).removeprefix(f"{tmp_path}/") for f in check_path(tmp_path / "glass")]
    assert any(text.startswith("glass/fr.md: error: is missing: translate") for text in found)
    assert "glass/es.md:6: error: opening: is the same as in en.md: translate it" in found
    ids = "must have the same ids in every locale; in en.md: nerves, years, gloves, hopes"
    assert f"glass/es.md:13: error: questions: {ids}" in found
    label = "is the same as in en.md: translate it, if the languages differ"
    assert f"glass/es.md:17: warning: questions[0].choices.calm: {label}" in found


def test_check_finds_a_sentence_that_is_left_in_another_language(tmp_path: Path) -> None:
    fact = "Gloves are worn all day."
    check_script(
        tmp_path,
        VALID_SCRIPT.replace("locales: [en]", "locales: [en, es]").replace("Gloves come", fact),
    )
    spanish = (PROMPTS / "warehouse_safety" / "es.md").read_text(encoding="utf-8")
    assert "\nfacts:\n" in spanish
    check_script(
        tmp_path, spanish.replace("\nfacts:\n", f"\nfacts:\n  - Los guantes. {fact}\n"), "glass/es"
    )
    found = [f for f in check_path(tmp_path / "glass") if f.field == "facts[0]"]
    assert [f.message for f in found] == [f"has the sentence '{fact}' of en.md: translate it"]


@pytest.mark.parametrize(
    ("change", "to", "field", "message"),
    [
        ("maximum: 60", "maximum: 6", "questions[1].maximum", "6.0 here, 60.0 there"),
        ("required: true", "required: false", "questions[2].required", "false here, true there"),
        ("{calm: calm", "{calme: calm", "questions[0].choices", '"calme", "nervous"'),
        (
            "id: hopes",
            "id: hopes, only_if: {gloves: false}",
            "questions[3].only_if",
            "nothing there",
        ),
        ("voice:", "locales: [en, es]\nvoice:", "locales", "['en', 'es', 'fr']"),
    ],
)
def test_check_names_what_differs_between_locales(
    tmp_path: Path, change: str, to: str, field: str, message: str
) -> None:
    check_script(tmp_path, VALID_SCRIPT.replace("locales: [en]", "locales: [en, es, fr]"))
    spanish = VALID_SCRIPT.replace("locales: [en]\n", "").replace("thalia-en", "celeste-es")
    assert change in spanish
    check_script(tmp_path, spanish.replace(change, to), "glass/es")
    found = [f for f in check_path(tmp_path / "glass") if f.path.name == "es.md"]
    assert any(f.field == field and message in f.message for f in found), list(map(str, found))
    if field.startswith("questions"):
        alone = check_path(tmp_path / "glass" / "en.md")
        assert any(f.field == field and " es.md" in f.message for f in alone), "in both files"


def test_check_accepts_conditions(tmp_path: Path) -> None:
    on_gloves = "id: hopes, only_if: {gloves: true, nerves: calm, years: 3}"
    assert check_script(tmp_path, VALID_SCRIPT.replace("id: hopes", on_gloves)) == []


def test_check_refuses_a_condition_on_a_text_question(tmp_path: Path) -> None:
    more = "{id: more, type: text, ask: What else do you hope for?, only_if: {hopes: rest}}"
    (found,) = check_script(
        tmp_path,
        VALID_SCRIPT.replace("words: {thing: glass}", f"  - {more}\nwords: {{thing: glass}}"),
    )
    assert (found.field, found.line) == ("questions[4].only_if.hopes", 22)
    assert found.message == "is a text question: a condition needs another type"


def test_check_expects_all_shared_locales_by_default(tmp_path: Path) -> None:
    check_script(tmp_path, VALID_SCRIPT.replace("locales: [en]\n", ""))
    missing = {f.path.name for f in check_path(tmp_path / "glass")}
    assert missing == {"es.md", "fr.md", "de.md"}


def test_check_rejects_a_training_type_of_two_scripts(tmp_path: Path) -> None:
    check_script(tmp_path, VALID_SCRIPT)
    check_script(tmp_path, VALID_SCRIPT, "mirrors/en")
    [found] = check_path(tmp_path)
    assert str(found).endswith(
        "mirrors/en.md:5: error: training_types[0]: 'glass' already belongs to glass"
    )


def test_check_rejects_a_voice_of_another_language(tmp_path: Path) -> None:
    text = VALID_SCRIPT.replace("aura-2-thalia-en", "warm")
    assert check_script(tmp_path, text) == []
    assert check_script(tmp_path, text, warm="aura-2-thalia-en") == []
    assert "speaks de" in check_script(tmp_path, text, warm="aura-2-julius-de")[0].message
    assert "no voice 'warm'" in check_script(tmp_path, text, calm="aura-2-thalia-en")[0].message


@pytest.mark.parametrize("name", ["glass/english", "glass/EN", "glass/en_GB"])
def test_check_rejects_a_file_name_that_is_not_a_locale(tmp_path: Path, name: str) -> None:
    assert "is not a locale" in check_script(tmp_path, VALID_SCRIPT, name)[0].message


def test_check_rejects_files_of_other_types(tmp_path: Path) -> None:
    check_script(tmp_path, VALID_SCRIPT)
    (tmp_path / "glass" / "fr.yaml").write_text("version: 1")
    assert "is not a script" in check_path(tmp_path)[0].message


def test_check_includes_the_shared_files(tmp_path: Path) -> None:
    common = (PROMPTS / "_common" / "en.md").read_text(encoding="utf-8")
    assert check_script(tmp_path, common, "_common/en") == []
    wrong = common.replace("{{ persona }}", "{{ person }}").replace("language:", "tongue:")
    assert [f.field for f in check_script(tmp_path, wrong, "_common/en")] == ["language", "tongue"]
    wrong = common.replace("{{ persona }}", "{{ person }}")
    wrong = wrong.replace("\napology: >-\n", "\napology: >-\n  *Sorry*\n")
    fields = {
        (f.field, f.message.split(";")[0]) for f in check_script(tmp_path, wrong, "_common/en")
    }
    assert ("", "unknown placeholder 'person'") in fields
    assert any(field == "apology" for field, _ in fields)


def test_shipped_openings_take_less_than_13_seconds() -> None:
    from agent.core.job_metadata import JobMetadata
    from agent.scripts import script_for
    from agent.scripts.speakable import estimate_speech_s

    for name, pages in load_library(PROMPTS).scripts.items():
        for locale, page in pages.items():
            for industry in ("", *page.fields.industries):
                metadata = JobMetadata.model_validate(
                    {
                        "trainee": {"name": "Alexandra"},
                        "training_type": name,
                        "industry": industry,
                        "locale": locale,
                    }
                )
                opening = script_for(metadata).opening
                assert estimate_speech_s(opening, locale) < 13, f"{name}/{locale} {industry}"
