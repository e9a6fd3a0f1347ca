"""New scripts, written from the schema only, work without changes to the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.cli.prompts import main
from agent.core.job_metadata import JobMetadata
from agent.scripts import PROMPTS, RenderedScript, load_library, script_for
from agent.scripts.checks.folders import check_path

PORTUGUESE = """---
version: 2
training: primeiros socorros
training_types: [primeiros socorros, socorrista]
roles: [brigadista]
locales: [pt-BR]
guide: Clara
ai_disclosure: uma inteligência artificial
recording_disclosure: Antes de começar, esta conversa está sendo gravada, como você aceitou.
apology: Desculpe, não entendi bem. Pode repetir?
check_in: Continuo aqui, sem pressa. Quer perguntar alguma coisa?
opening: >-
  Olá{% if name %}, {{ name }}{% endif %}! Eu sou a {{ guide }}, {{ ai_disclosure }}.
  Seu treinamento de {{ training }} ensina a agir com calma {{ words.place }}.
  O que gostaria de saber?
closing: Obrigada{% if name %}, {{ name }}{% endif %}. Bom vídeo!
welcome_text: Boas-vindas! O vídeo está pronto.
talking_points: [Manter a calma já ajuda muito.]
facts:
  - Em uma emergência, chame ajuda antes de tudo.
questions:
  - id: trained_before
    type: choice
    ask: Você já fez um curso assim?
    choices: {yes: sim, no: ainda não}
words: {place: no trabalho}
industries:
  factory: {aliases: [fábrica, indústria], words: {place: na fábrica}}
voice: gemini:Kore
---
Você é uma bombeira experiente e gentil.
"""

PLAIN = """---
version: 1
opening: Hello{% if name %} {{ name }}{% endif %}! I'm {{ guide }}, and {{ ai_disclosure }}. Ready?
closing: Goodbye!
welcome_text: Welcome!
locales: [en]
---
You are brief.
"""

FULL = """---
# yaml-language-server: $schema=../script.schema.json
version: 12
training: crane signals
training_types: [crane signals, banksman]
roles: [banksman, slinger]
locales: [en, en-GB]
guide: Robin
ai_disclosure: I'm an AI guide
recording_disclosure: This talk is recorded, as you agreed.
apology: Sorry, say that again?
check_in: Still there?
opening: >-
  Hello{% if name %} {{ name.split(" ")[0] }}{% endif %}! I'm {{ guide }}, and {{ ai_disclosure }}.
  Today is about {{ words["load"] }}. What shall I explain?
closing: Well done{% if role %}, and good luck as a {{ role }}{% endif %}!
welcome_text: "Welcome: your {{ training }} video is ready."
talking_points:
  - "{% if industry %}In {{ industry }} the wind matters.{% else %}The wind matters.{% endif %}"
facts:
  - One person signals, and nobody else.
questions:
  - {id: years, type: number, ask: For how many years?, minimum: 0, maximum: 50.5, unit: years,
     whole: false, required: true}
  - {id: height, type: number, ask: How high?, minimum: 0}
  - {id: radio, type: yes_no, ask: Do you have a radio?, required: false}
  - {id: worry, type: text, ask: What worries you?, max_characters: 200}
  - id: crane
    type: choice
    ask: Which crane will it be?
    choices:
      tower: a tower crane
      mobile: "a mobile crane{% if industry %} in {{ industry }}{% endif %}"
words: {load: loads}
industries:
  ports:
    aliases: [harbour, docks]
    words: {load: containers}
    opening: Hello from the docks! I'm {{ guide }}, and {{ ai_disclosure }}. Shall we talk?
    welcome_text: Welcome to the docks!
    talking_points: [Salt makes ropes old.]
    facts: [Containers are lifted by four corners.]
  wind_farms: {}
voice: aura-2-orion-en
avatar: foreman
limits: {max_seconds: 600, warn_seconds: 30, idle_seconds: 15}
after_closing: continue
---
You are {{ guide }}, a patient banksman{% if name %} who greets {{ name }}{% endif %}.

You like a joke.
"""


def drop(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path = path.with_name(path.name.replace("_", "-") + ".md")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def greet(root: Path, **known: str) -> RenderedScript:
    name = known.pop("name", "")
    metadata = JobMetadata.model_validate({"trainee": {"name": name}, **known})
    return script_for(metadata, load_library(root))


def test_script_in_a_new_language_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drop(tmp_path, first_aid__pt_BR=PORTUGUESE)
    assert check_path(tmp_path) == []
    script = greet(
        tmp_path, name="João", training_type="Primeiros socorros", locale="pt", industry="Indústria"
    )
    assert (script.locale, script.locales, script.industry) == ("pt-BR", ("pt-BR",), "factory")
    assert script.opening.startswith("Olá, João! Eu sou a Clara, uma inteligência artificial.")
    assert "na fábrica" in script.opening
    assert "You speak pt-BR" in script.instructions
    assert "- trained_before (choice): Você já fez um curso assim? [yes = sim; no = ainda não]" in (
        script.instructions.splitlines()
    )
    options = f"render --prompts {tmp_path} --training-type socorrista --locale pt-BR --name João"
    assert main(options.split()) == 0
    assert "Clara" in capsys.readouterr().out


def test_script_with_required_fields_only_works(tmp_path: Path) -> None:
    drop(tmp_path, plain__en=PLAIN)
    assert check_path(tmp_path) == []
    script = greet(tmp_path, training_type="plain")
    shared = load_library(PROMPTS).commons["en"].fields
    assert script.opening == f"Hello! I'm {shared.guide}, and {shared.ai_disclosure}. Ready?"
    assert script.questions == ()
    assert "record_" not in script.instructions


def test_script_with_every_field_works(tmp_path: Path) -> None:
    drop(tmp_path, crane_signals__en=FULL, crane_signals__en_GB=FULL)
    assert check_path(tmp_path, {"orion": "aura-2-orion-en"}) == []
    script = greet(
        tmp_path, name="Ada Lovelace", role="banksman", industry="Harbour", locale="en-GB"
    )
    assert script.opening == "Hello from the docks! I'm Robin, and I'm an AI guide. Shall we talk?"
    assert script.welcome_text == "Welcome to the docks!"
    assert script.closing == "Well done, and good luck as a banksman!"
    assert script.limits.idle_seconds == 15
    assert (script.voice, script.avatar) == ("aura-2-orion-en", "foreman")
    lines = script.instructions.splitlines()
    assert "- years (number): For how many years? (years, 0 to 50.5)" in lines
    assert "- height (number): How high? (at least 0)" in lines
    assert '- In "Harbour" the wind matters.' in lines
    assert "- Containers are lifted by four corners." in lines
    plain = greet(tmp_path, name="Ada Lovelace", training_type="banksman")
    assert plain.opening.startswith("Hello Ada! I'm Robin")
    assert "Today is about loads." in plain.opening
