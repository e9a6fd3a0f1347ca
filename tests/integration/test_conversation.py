"""Conversations: questions, corrections, language switch and closing line, as in the outcome."""

from __future__ import annotations

import os
import signal
from datetime import datetime
from typing import Any

import pytest

from agent.core.settings import StoreSettings
from agent.scripts import PROMPTS, load_library
from agent.store import open_store
from tests.support.conversation import (
    FORKLIFT,
    LONG_LINE,
    attribute,
    calls,
    saved,
    says,
    wait_for_opening,
)
from tests.support.livekit_client import LiveKitClient
from tests.support.product import Product
from tests.support.shipped_scripts import has_whole_opening, question, shipped_script
from tests.support.waiting import until, until_answer

SCRIPT = shipped_script(**FORKLIFT)
CLOSING = SCRIPT.closing


async def typed(client: LiveKitClient, text: str, answer: str) -> None:
    """Type, and wait for an answer that holds these words."""
    await client.silence()
    await client.type(text)
    await until(lambda: answer in client.agent_said, 60, f"no {answer!r} to {text!r}")


def without_filler(lines: list[dict[str, Any]]) -> list[tuple[str, str, bool]]:
    """The lines of a transcript, without the phrase for a slow model: the machine may be busy."""
    found = [
        (line["who"], line["text"].removeprefix(SCRIPT.filler).strip(), line["typed"])
        for line in lines
    ]
    return [line for line in found if line[1]]


async def test_outcome_has_every_answer_and_the_closing_line_ends_the_greeting(
    product: Product,
) -> None:
    await product.providers.script(
        calls(saved("driven_before", True), saved("years_driving", 3)),
        says("Three years already. And the truck?"),
        calls(saved("years_driving", 13), saved("truck_type", "spaceship")),
        calls(("skip_question", {"question": "truck_type"})),
        says("Thirteen, thank you. Anything else?"),
        calls(("end_greeting", {})),
    )
    client, response, _ = await product.enter(
        after_avatar=True, **FORKLIFT, consent={"transcript": True}
    )
    opening = await wait_for_opening(client)
    await typed(client, "Yes, for three years", "Three years already")
    await typed(client, "No, thirteen, and a spaceship", "Thirteen, thank you")
    await client.silence()
    await client.type("Let's go on")
    await until(
        lambda: attribute(client, "greeting.closing") == "highlight_continue",
        60,
        "the page was not told of the closing",
    )
    await until(lambda: CLOSING in client.agent_said, 60, "no closing line")
    await until(lambda: client.disconnected_at is not None, 60, "the greeting was not ended")
    await product.paid_avatars_left(response["room_name"])

    outcome = await product.outcome(response["session_id"])
    times = [outcome[name] for name in ("started_at", "met_at", "opened_at")]
    assert sorted(map(datetime.fromisoformat, times)) == list(map(datetime.fromisoformat, times))
    assert {id: (a["status"], a["value"]) for id, a in outcome["answers"].items()} == {
        "driven_before": ("answered", True),
        "years_driving": ("answered", 13),
        "truck_type": ("declined", None),
    }
    assert outcome["ended"]["reason"] == "completed"
    assert outcome["ended"]["closing_said"]
    script = load_library(PROMPTS).scripts["forklift"]["en"].fields
    assert (outcome["script"], outcome["script_version"]) == ("forklift", script.version)
    assert "training_type" in outcome["script_reason"]
    assert (outcome["locale"], outcome["locales"]) == ("en", ["en"])
    assert (outcome["industry"], outcome["mode"]) == ("logistics", "avatar")
    assert outcome["trainee_id"] == "7"
    (avatar,) = await product.avatars(response["room_name"])
    assert outcome["avatar_session_id"] == avatar["id"]
    # Two processes measure it, and each may be stopped for 3 s.
    assert abs(outcome["avatar_seconds"] - (avatar["left_at"] - avatar["joined_at"])) < 5
    store = open_store(StoreSettings.from_env(product.stage.environment))
    ledger = {entry.id: entry.seconds for entry in await store.avatar_sessions()}
    await store.aclose()
    assert ledger[avatar["id"]] == pytest.approx(outcome["avatar_seconds"], abs=0.2)
    told = outcome["disclosure"]
    assert told["ai"]["words"] in opening
    assert told["ai"]["heard_to_end"]
    assert (told["ai"]["label_at"], told["recording"]) == (None, None), "not our page"
    assert 0 < outcome["talk_s"] < outcome["duration_s"]
    assert without_filler(outcome["transcript"]) == [
        ("guide", opening, False),
        ("trainee", "Yes, for three years", True),
        ("guide", "Three years already. And the truck?", False),
        ("trainee", "No, thirteen, and a spaceship", True),
        ("guide", "Thirteen, thank you. Anything else?", False),
        ("trainee", "Let's go on", True),
        ("guide", CLOSING, False),
    ]
    assert (await product.ask(response["session_id"])).status_code == 409


async def test_reply_that_the_voice_cannot_read_is_replaced_by_an_apology(
    product: Product,
) -> None:
    await product.providers.script(
        says("Видео короткое. Вы готовы?"), says("视频! Yes, 视频 is short.")
    )
    client, _, _ = await product.enter(**FORKLIFT)
    await wait_for_opening(client)
    await typed(client, "Как долго?", SCRIPT.apology)
    await typed(client, "How long is it?", "is short")
    said = [
        " ".join(call["detail"].get("said", [])) for call in await product.providers.calls("tts")
    ]
    assert "Yes is short." in " ".join(said)
    assert not any("А" <= letter <= "я" for letter in client.agent_said)


async def test_text_typed_during_the_opening_is_answered_after_it(product: Product) -> None:
    await product.providers.script(says("A short one, you will see."))
    client, response, _ = await product.enter(consent={"transcript": True})
    await client.hears(after=0)
    await client.type("How long is the video?")
    await until(lambda: "you will see" in client.agent_said, 60, "no answer")
    await client.press_continue()
    opening, question, *_ = (await product.outcome(response["session_id"]))["transcript"]
    assert not opening["interrupted"]
    assert opening["text"].strip() == shipped_script().opening
    assert question["text"] == "How long is the video?"


async def test_transcript_has_the_heard_part_of_an_interrupted_line(product: Product) -> None:
    await product.providers.script(
        says(LONG_LINE),
        says("A short one, you will see."),
    )
    client, response, _ = await product.enter(consent={"transcript": True})
    await wait_for_opening(client)
    await client.silence()
    await client.type("What comes next?")
    await until(
        lambda: any("you watch the" in caption.text for caption in client.live_captions),
        60,
        "no answer",
    )
    await client.type("Sorry, how long is the video?")
    await until(lambda: "you will see" in client.agent_said, 60, "no answer")
    await client.press_continue()
    _, _, line, question, *_ = (await product.outcome(response["session_id"]))["transcript"]
    assert line["interrupted"], line
    assert "First you" in line["text"]
    assert "once more" not in line["text"]
    assert question["text"] == "Sorry, how long is the video?"


async def test_language_switch_changes_voice_and_page_and_keeps_answers(
    product: Product,
) -> None:
    await product.providers.script(
        calls(("switch_language", {"locale": "es"})),
        says("Con mucho gusto. Hablemos en español."),
        calls(saved("driven_before", True)),
        says("¡Qué bien! ¿Cuántos años?"),
    )
    client, response, _ = await product.enter(**FORKLIFT)
    await wait_for_opening(client)
    await until(lambda: attribute(client, "greeting.locale") == "en", 60, "no locale was told")
    await typed(client, "¿Podemos hablar en español?", "Con mucho gusto")
    await until(lambda: attribute(client, "greeting.locale") == "es", 60, "the locale is not told")
    await typed(client, "Sí", "¡Qué bien!")
    voices = [
        call["detail"]["model"]
        for call in await product.providers.calls("tts")
        if any("mucho" in said or "bien" in said for said in call["detail"].get("said", []))
    ]
    assert set(voices) == {"aura-2-celeste-es"}
    await client.press_continue()
    outcome = await product.outcome(response["session_id"])
    assert (outcome["locale"], outcome["locales"]) == ("es", ["en", "es"])
    assert outcome["answers"]["driven_before"]["value"] is True
    assert outcome["answers"]["truck_type"]["status"] == "open"
    assert outcome["ended"]["reason"] == "continue"
    assert not outcome["ended"]["closing_said"]
    # The trainee has not consented to a transcript.
    assert outcome["transcript"] is None
    assert "hablar" not in str(outcome)


@pytest.mark.variant
async def test_opening_is_in_the_language_of_the_trainee(product: Product) -> None:
    client, _, _ = await product.enter(training_type="Gabelstapler", locale="de-AT")
    await until(lambda: "Gabelstapler" in client.agent_said, 60, "no opening")
    assert "Ada" in client.agent_said
    await until(lambda: attribute(client, "greeting.locale") == "de", 60, "no locale was told")
    models = {call["detail"]["model"] for call in await product.providers.calls("tts")}
    assert models == {"aura-2-viktoria-de"}


@pytest.mark.variant
async def test_agent_answers_a_question_after_the_closing_line(product: Product) -> None:
    await product.providers.script(calls(("end_greeting", {})), says("It is short, you will see."))
    client, _, _ = await product.enter(**FORKLIFT)
    await wait_for_opening(client)
    await client.silence()
    await client.type("Let's go")
    await until(lambda: bool(attribute(client, "greeting.closing")), 60, "no closing line")
    await client.type("Oh, one more: is it long?")
    await until(lambda: "you will see" in client.agent_said, 60, "no answer after it")
    await until(lambda: attribute(client, "greeting.closing") == "", 60, "it is still closing")
    assert client.disconnected_at is None


@pytest.mark.variant
async def test_training_type_chooses_its_own_avatar(
    product: Product,
) -> None:
    _, response, _ = await product.enter(training_type="patient care")
    requested = await until_answer(lambda: product.avatars(response["room_name"]))
    assert [avatar["avatar_id"] for avatar in requested] == ["nurse"]


@pytest.mark.variant
async def test_pauses_and_code_of_the_model_are_not_heard(product: Product) -> None:
    """Pauses neither end nor repeat the line; code is neither said nor shown."""
    chunks = ["Not long, ", "the video is short. ", "It takes ten minutes."]
    pausing = {"chunks": chunks, "delay_s": 2.0}
    code = "```tool_code\nprint(default_api.skip_question(question='truck_type'))\n```"
    await product.providers.script(
        pausing, says(code), calls(saved("driven_before", True)), says("Good to know.")
    )
    client, _, _ = await product.enter(**FORKLIFT)
    opening = await wait_for_opening(client)
    await client.silence()
    await client.type("How long is it?")
    await until(lambda: "ten minutes" in client.agent_said, 60, "the line was not finished")
    await typed(client, "I have driven one", "Good to know")
    after_opening = client.agent_said.removeprefix(opening)
    assert " ".join(after_opening.split()) == (
        "Not long, the video is short. It takes ten minutes. Good to know."
    )
    spoken = await product.providers.calls("tts")
    assert {call["detail"]["model"] for call in spoken} == {"aura-2-andromeda-en"}
    said = [text for call in spoken for text in call["detail"]["said"]]
    # Each part is spoken by itself, while the model pauses.
    assert said[-4:] == [*(chunk.strip() for chunk in chunks), "Good to know."]


@pytest.mark.variant
async def test_voice_slows_down_on_request(product: Product) -> None:
    await product.providers.script(
        calls(("speak_slower", {})), says("Of course, I will speak slowly.")
    )
    client, _, _ = await product.enter(**FORKLIFT)
    await wait_for_opening(client)
    await typed(client, "Slower please", "speak slowly")
    last = (await product.providers.calls("tts"))[-1]
    assert "slowly" in str(last["detail"]["said"])
    assert last["detail"]["speed"] == 0.85


async def test_outcome_names_faults_and_mode(product: Product) -> None:
    await product.providers.faults("bey:402", "llm:500")
    client, response, _ = await product.enter()
    await wait_for_opening(client)
    await client.silence()
    await client.type("How long does it take?")
    apology = shipped_script().apology
    await until(lambda: apology in client.agent_said, 60, "no apology")
    await client.press_continue()
    outcome = await product.outcome(response["session_id"])
    assert (outcome["mode"], outcome["avatar_seconds"]) == ("voice", 0)
    faults = {(fault["part"], fault["status"]) for fault in outcome["faults"]}
    assert faults >= {("avatar", 402), ("llm", 500)}


async def test_killed_job_has_an_outcome_and_the_next_agent_knows_its_answers(
    product: Product,
) -> None:
    await product.providers.script(
        calls(saved("driven_before", True), saved("years_driving", 5)),
        says("Five years, good."),
        says("And the truck?"),
    )
    request = {**FORKLIFT, "consent": {"transcript": True}}
    client, response, _ = await product.enter(**request)
    session_id = response["session_id"]
    await wait_for_opening(client)
    await typed(client, "Five years", "Five years, good")
    lost = client.agent.identity
    await product.has_saved(session_id, "Five years, good")
    os.kill(product.job_process(session_id), signal.SIGKILL)
    # The page does this after it has lost its agent.
    assert (await product.ask(session_id, **request)).status_code == 200
    await until(
        lambda: client.agent is not None and client.agent.identity != lost, 90, "no agent joined"
    )
    line = f"{SCRIPT.resume} {question(SCRIPT, 'truck_type')}"
    await until(lambda: line in client.agent_said, 60, "silent")
    assert not has_whole_opening(client.agent_said)
    await typed(client, "Hello again", "And the truck?")
    await client.press_continue()
    outcome = await product.outcome(session_id)
    assert outcome["ended"]["reason"] == "continue"
    assert outcome["answers"]["years_driving"]["value"] == 5
    assert outcome["disclosure"]["ai"]["heard_to_end"], "by the first agent"
    killed = await product.outcome(session_id, within_s=90, reason="worker_lost")
    assert killed["answers"]["years_driving"]["value"] == 5
    assert killed["transcript"][1]["text"] == "Five years"
