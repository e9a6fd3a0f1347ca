"""The product's Gemini models against a stand-in that refuses what Google refuses."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest
from livekit.agents import APIConnectionError, APIError, llm

from agent.core.events import Events
from agent.core.settings import LlmSettings
from agent.speech.failures import log_failures, report_failures
from agent.speech.gemini_model import CHUNK_TIMEOUT_S, GeminiModel
from agent.speech.models import FallbackModels, build_llm
from agent.worker.job_log import log_provider_errors_once
from tests.support.model_answers import ask, conversation, end_greeting
from tests.support.providers import Providers
from tests.support.waiting import until

CODE = "```tool_code\nprint(default_api.end_greeting())\n```"


@pytest.fixture
def environment(providers: Providers, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    url = providers.environment["GOOGLE_GEMINI_BASE_URL"]
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", url)
    return {"GOOGLE_API_KEY": "key", "GOOGLE_GEMINI_BASE_URL": url}


def add_call(context: llm.ChatContext, call: llm.FunctionToolCall) -> None:
    context.items += [
        llm.FunctionCall(call_id=call.call_id, name=call.name, arguments=call.arguments),
        llm.FunctionCallOutput(
            call_id=call.call_id, name=call.name, output="The greeting ends.", is_error=False
        ),
    ]


async def statuses(providers: Providers) -> list[tuple[str, int]]:
    return [(call["detail"]["model"], call["status"]) for call in await providers.calls("llm")]


@pytest.mark.parametrize(
    "model",
    [
        "gemini-3.8-flash",
        "gemini-3.7-flash",
        "gemini-3.6-flash",
        "gemini-3.5-flash",
        "gemini-3.5-flash-lite",
        "gemini-3.1-flash-lite",
        "gemini-3.1-pro-preview",
        "gemini-3-flash-preview",
        "gemini-4-argon",
        "gemini-flash-latest",
        "gemini-flash-lite-latest",
        "gemini-2.5-flash",
        "gemini-2.5-flash-lite",
        "gemini-2.5-pro",
        "gemini-2.0-flash",
    ],
)
async def test_every_model_answers_and_continues_after_its_function_call(
    providers: Providers, environment: dict[str, str], model: str
) -> None:
    models = build_llm(
        LlmSettings.from_env({**environment, "GEMINI_MODEL": model, "GEMINI_FALLBACK_MODEL": ""})
    )
    context = conversation("I'm ready, let's continue to the video.")
    (call,) = (await ask(models, context, [end_greeting])).calls
    add_call(context, call)
    assert "Continue to Training Video" in (await ask(models, context, [end_greeting])).text
    assert await statuses(providers) == [(model, 200)] * 2


async def test_function_call_of_one_model_is_continued_by_the_other(
    providers: Providers, environment: dict[str, str]
) -> None:
    names = {"GEMINI_MODEL": "gemini-3.5-flash-lite", "GEMINI_FALLBACK_MODEL": "gemini-3.8-flash"}
    models = build_llm(LlmSettings.from_env(environment | names))
    context = conversation("I'm ready, let's continue to the video.")
    (call,) = (await ask(models, context, [end_greeting])).calls
    add_call(context, call)
    await providers.faults("llm:500x1")
    assert "Continue to Training Video" in (await ask(models, context, [end_greeting])).text
    assert (await statuses(providers))[:3] == [
        ("gemini-3.5-flash-lite", 200),
        ("gemini-3.5-flash-lite", 500),
        ("gemini-3.8-flash", 200),
    ]


async def test_function_call_of_no_model_is_continued(
    providers: Providers, environment: dict[str, str]
) -> None:
    models = build_llm(LlmSettings.from_env(environment))
    context = conversation("I'm ready, let's continue to the video.")
    add_call(context, llm.FunctionToolCall(name="end_greeting", arguments="{}", call_id="ours"))
    assert "Continue to Training Video" in (await ask(models, context, [end_greeting])).text
    assert await statuses(providers) == [("gemini-3.5-flash-lite", 200)]


@pytest.mark.parametrize("fault", ["llm:no-level", "llm:400x1"])
async def test_refused_thinking_settings_are_left_out_from_then_on(
    providers: Providers, environment: dict[str, str], fault: str
) -> None:
    """Google's message may not name them: "Request contains an invalid argument."."""
    models = build_llm(LlmSettings.from_env(environment))
    await providers.faults(fault)
    for _ in range(2):
        assert "Hello, Sam!" in (await ask(models, conversation("Hello!"))).text
    model = "gemini-3.5-flash-lite"
    assert await statuses(providers) == [(model, 400), (model, 200), (model, 200)]
    refused, *_ = await providers.calls("llm")
    assert "fault" in refused["detail"], "a refusal that a test asked for is no mistake"


async def test_thinking_settings_stay_if_the_request_is_refused_without_them(
    providers: Providers, environment: dict[str, str]
) -> None:
    models = build_llm(LlmSettings.from_env(environment))
    await providers.faults("llm:400x2")
    assert "Hello, Sam!" in (await ask(models, conversation("Hello!"))).text
    first = models.models[0]
    assert isinstance(first, GeminiModel)
    assert first.thinking is not None


async def test_thinking_settings_stay_if_the_second_request_is_cancelled(
    providers: Providers, environment: dict[str, str]
) -> None:
    models = build_llm(LlmSettings.from_env(environment))
    first = models.models[0]
    assert isinstance(first, GeminiModel)
    await providers.faults("llm:400x1", "llm:hang")
    asking = asyncio.create_task(ask(models, conversation("Hello!")))
    await until(lambda: first.thinking is None, 10, "it was not asked again")
    asking.cancel()
    await asyncio.wait({asking})
    assert first.thinking is not None


@pytest.mark.parametrize(
    "written",
    [
        CODE,
        "print(default_api.end_greeting())",
        '{"name": "end_greeting", "args": {}}',
        "end_greeting()",
        "<ctrl42>call\nprint(default_api.end_greeting())",
        "You are Maya, a warm guide who welcomes people to their training. You speak English.",
    ],
)
async def test_reply_that_is_not_speech_is_not_passed_on(
    providers: Providers, environment: dict[str, str], written: str
) -> None:
    models = build_llm(LlmSettings.from_env(environment))
    await providers.script({"text": written}, {"text": "Hello, Sam!"})
    answer = await ask(models, conversation("Hello!"), [end_greeting])
    assert answer.text == "Hello, Sam!"
    assert [name for name, _ in await statuses(providers)] == ["gemini-3.5-flash-lite"] * 2


async def test_next_model_answers_if_two_replies_are_not_speech(
    providers: Providers, environment: dict[str, str]
) -> None:
    models = build_llm(LlmSettings.from_env(environment))
    await providers.script({"text": CODE}, {"text": CODE}, {"text": "Hello, Sam!"})
    assert (await ask(models, conversation("Hello!"))).text == "Hello, Sam!"
    assert (await statuses(providers))[2] == ("gemini-2.5-flash-lite", 200)


async def test_code_from_every_model_raises_an_error(
    providers: Providers, environment: dict[str, str]
) -> None:
    models = build_llm(LlmSettings.from_env(environment))
    await providers.script(*[{"text": CODE}] * 8)
    with pytest.raises(APIConnectionError):
        await ask(models, conversation("Hello!"))


async def test_next_model_answers_if_one_calls_functions_although_it_must_not(
    providers: Providers, environment: dict[str, str]
) -> None:
    await providers.script(
        {"calls": [{"name": "end_greeting", "args": {}}]}, {"text": "Well done."}
    )
    models = build_llm(LlmSettings.from_env(environment))
    context = conversation("I'm ready, let's continue to the video.")
    stream = models.chat(chat_ctx=context, tools=[end_greeting], tool_choice="none")
    async with stream:
        text = "".join([(c.delta.content or "") if c.delta else "" async for c in stream])
    assert text == "Well done."


async def test_check_does_not_delay_or_change_speech(
    providers: Providers, environment: dict[str, str]
) -> None:
    models = build_llm(LlmSettings.from_env(environment))
    await providers.script({"chunks": ["You are ", "welcome, Sam", "! Ready?"], "delay_s": 0.2})
    answer = await ask(models, conversation("Thank you!"))
    assert (answer.text, answer.chunks) == ("You are welcome, Sam! Ready?", 3)


async def test_pause_of_the_model_is_waited_for(
    providers: Providers, environment: dict[str, str]
) -> None:
    models = build_llm(LlmSettings.from_env(environment))
    await providers.script({"chunks": ["One. ", "Two. ", "Three."], "delay_s": 2.0})
    began = time.monotonic()
    assert (await ask(models, conversation("Hello!"))).text == "One. Two. Three."
    assert time.monotonic() - began > 4
    assert len(await statuses(providers)) == 1


async def test_stalled_model_fails_at_its_first_silence(
    providers: Providers, environment: dict[str, str]
) -> None:
    models = build_llm(LlmSettings.from_env({**environment, "GEMINI_FALLBACK_MODEL": ""}))
    assert isinstance(models, FallbackModels)
    await providers.faults("llm:hang")
    began = time.monotonic()
    with pytest.raises(APIError):
        await ask(models.models[0], conversation("Hello!"))
    assert 4 < time.monotonic() - began < 2 * CHUNK_TIMEOUT_S


async def test_endless_reply_is_ended(providers: Providers, environment: dict[str, str]) -> None:
    models = build_llm(LlmSettings.from_env(environment))
    sentences = [f"Point {number} is about the forks. " for number in range(200)]
    await providers.script({"chunks": sentences, "delay_s": 0})
    answer = await ask(models, conversation("Hello!"))
    assert 800 < len(answer.text) < 1_000
    assert answer.text.endswith("about the forks. ")


async def test_reply_that_repeats_itself_is_ended(
    providers: Providers, environment: dict[str, str]
) -> None:
    models = build_llm(LlmSettings.from_env(environment))
    await providers.faults("llm:runaway")
    answer = await ask(models, conversation("Hello!"))
    assert answer.text.strip().endswith("it.")
    assert len(answer.text) < 300


ENDLESS = " ".join(f"and fork {number}" for number in range(200))


async def test_incomplete_sentence_of_a_reply_without_tokens_is_left_out(
    providers: Providers, environment: dict[str, str]
) -> None:
    models = build_llm(LlmSettings.from_env(environment))
    await providers.script({"text": f"You check the belt. Then you check {ENDLESS}"})
    assert (await ask(models, conversation("Hello!"))).text.strip() == "You check the belt."
    assert len(await statuses(providers)) == 1


async def test_next_model_answers_if_a_reply_has_no_complete_sentence(
    providers: Providers, environment: dict[str, str]
) -> None:
    models = build_llm(LlmSettings.from_env(environment))
    await providers.script({"text": f"First you check {ENDLESS}"}, {"text": "Hello, Sam!"})
    assert (await ask(models, conversation("Hello!"))).text.endswith("Hello, Sam!")
    assert (await statuses(providers))[1] == ("gemini-2.5-flash-lite", 200)


async def test_next_model_answers_if_a_sentence_does_not_end(
    providers: Providers, environment: dict[str, str]
) -> None:
    models = build_llm(LlmSettings.from_env({**environment, "GEMINI_MODEL": "gemini-flash-latest"}))
    endless = {"chunks": [f"{word} " for word in ENDLESS.split()], "delay_s": 0}
    await providers.script(endless, {"text": "Hello, Sam!"})
    answer = await ask(models, conversation("Hello!"))
    assert answer.text.endswith("Hello, Sam!")
    assert len(answer.text) < 1_000


async def test_next_model_answers_if_gemini_could_not_write_a_function_call(
    providers: Providers, environment: dict[str, str]
) -> None:
    models = build_llm(LlmSettings.from_env(environment))
    await providers.script({"text": "Thank you."}, {"text": "Which truck was it?"})
    await providers.faults("llm:malformedx1")
    assert (await ask(models, conversation("Hello!"))).text == "Thank you.Which truck was it?"


async def test_reply_whose_connection_ends_early_has_no_incomplete_sentence(
    providers: Providers, environment: dict[str, str]
) -> None:
    models = build_llm(LlmSettings.from_env(environment))
    await providers.script({"text": "You check the belt. Then you check"})
    await providers.faults("llm:no-finish")
    assert (await ask(models, conversation("Hello!"))).text.strip() == "You check the belt."


async def test_reply_of_complete_sentences_needs_no_finish_reason(
    providers: Providers, environment: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    models = build_llm(LlmSettings.from_env(environment))
    await providers.script({"text": "You check the belt."})
    await providers.faults("llm:no-finish")
    assert (await ask(models, conversation("Hello!"))).text == "You check the belt."
    assert "reply_cut_short" not in {vars(record).get("event") for record in caplog.records}


async def test_reply_that_only_repeats_what_was_said_before_the_function_call_is_empty(
    providers: Providers, environment: dict[str, str]
) -> None:
    models = build_llm(LlmSettings.from_env(environment))
    question = "Which type of truck was it?"
    await providers.script(
        {"text": question, "calls": [{"name": "end_greeting", "args": {}}]}, {"text": question}
    )
    context = conversation("I'm ready, let's continue to the video.")
    first = await ask(models, context, [end_greeting])
    context.add_message(role="assistant", content=first.text)
    add_call(context, first.calls[0])
    assert (first.text, (await ask(models, context, [end_greeting])).text) == (question, "")
    assert len(await statuses(providers)) == 2


async def test_model_is_asked_again_if_its_reply_has_no_words(
    providers: Providers, environment: dict[str, str]
) -> None:
    models = build_llm(LlmSettings.from_env(environment))
    await providers.script({"text": "👍 ..."}, {"text": "Hello, Sam!"})
    assert (await ask(models, conversation("Hello!"))).text == "Hello, Sam!"


@pytest.mark.parametrize(
    ("model", "tokens"), [("gemini-3.5-flash-lite", 400), ("gemini-3.8-flash", 4_096)]
)
async def test_models_that_think_get_more_output_tokens(
    environment: dict[str, str], model: str, tokens: int
) -> None:
    models = build_llm(LlmSettings.from_env({**environment, "GEMINI_MODEL": model}))
    first = models.models[0]
    assert isinstance(first, GeminiModel)
    assert first.request_options["max_output_tokens"] == tokens


async def test_each_failing_model_is_logged_in_one_line(
    providers: Providers,
    environment: dict[str, str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(caplog.handler, "filters", [log_provider_errors_once])
    await providers.faults("llm:404")
    events = Events()
    log_failures(events)
    models = build_llm(LlmSettings.from_env(environment))
    for model in models.models:
        report_failures(model, events)
    for _ in range(2):  # the second time, within seconds, is not logged
        with pytest.raises(APIConnectionError):
            await ask(models, conversation("Hello!"))
    lines = [vars(r) for r in caplog.records if r.levelno >= logging.WARNING]
    assert [(line.get("event"), line.get("model"), line.get("status")) for line in lines] == [
        ("provider_failed", "gemini-3.5-flash-lite", 404),
        ("provider_failed", "gemini-2.5-flash-lite", 404),
    ]
    assert lines[0]["error"] == (
        "gemini-3.5-flash-lite answered 404: the model or the voice does not exist; check "
        "GEMINI_MODEL and VOICES"
    )
    assert "simulated 404" in lines[0]["provider_answer"]
