"""Gemini's stand-in, called by the pinned livekit-plugins-google."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import aiohttp
import pytest
from google.genai import types
from livekit.agents import APIConnectionError, APIConnectOptions, APIStatusError, function_tool, llm
from livekit.plugins import google

from tests.support import model_answers
from tests.support.model_answers import INSTRUCTION, Answer, conversation, end_greeting
from tests.support.providers import Providers

ONCE = APIConnectOptions(max_retry=0, retry_interval=0.05, timeout=6)


def model(providers: Providers) -> google.LLM:
    url = providers.environment["GOOGLE_GEMINI_BASE_URL"]
    return google.LLM(
        model="gemini-3.5-flash-lite",
        api_key="key",
        # The client's time limit is shorter than what Google accepts.
        http_options=types.HttpOptions(base_url=url, headers={"X-Server-Timeout": "10"}),
    )


async def ask(
    providers: Providers,
    context: llm.ChatContext,
    tools: list[llm.Tool] | None = None,
    gemini: google.LLM | None = None,
) -> Answer:
    return await model_answers.ask(gemini or model(providers), context, tools, ONCE)


async def test_gemini_streams_an_answer_with_words_from_the_instruction(
    providers: Providers,
) -> None:
    answer = await ask(providers, conversation("Hello, I am here for the training."))
    assert "Hello, Sam!" in answer.text
    assert answer.chunks >= 2
    assert answer.usage
    assert answer.usage.prompt_tokens > 20
    assert answer.usage.completion_tokens > 5


async def test_gemini_calls_end_greeting_when_the_trainee_wants_to_continue(
    providers: Providers,
) -> None:
    context = conversation("I'm ready, let's continue to the video.")
    gemini = model(providers)
    answer = await ask(providers, context, [end_greeting], gemini)
    (call,) = answer.calls
    assert call.name == "end_greeting"
    context.items.append(
        llm.FunctionCall(call_id=call.call_id, name=call.name, arguments=call.arguments)
    )
    context.items.append(
        llm.FunctionCallOutput(
            call_id=call.call_id, name=call.name, output="The greeting ends.", is_error=False
        )
    )
    after = await ask(providers, context, [end_greeting], gemini)
    assert after.calls == []
    assert "Continue to Training Video" in after.text
    (_, call_after) = await providers.calls("llm")
    output = {"name": "end_greeting", "response": {"output": "The greeting ends."}}
    assert call_after["detail"]["responses"] == [output]
    assert call_after["detail"]["contents"] == 3


QUESTIONS = """
- driven_before (yes_no): ¿Tienes experiencia con carretillas?
- truck_type (choice): ¿Cuál usarás? [reach = una retráctil; pallet = una transpaleta]
"""


async def _record(raw_arguments: dict[str, object]) -> str:
    return ""


RECORD = [
    function_tool(
        _record,
        raw_schema={
            "name": f"record_{id}",
            "description": "Save what the trainee answered.",
            "parameters": {"type": "object", "properties": {"value": value}, "required": ["value"]},
        },
    )
    for id, value in {
        "driven_before": {"type": "boolean"},
        "truck_type": {"type": "string", "enum": ["reach", "pallet"]},
    }.items()
]


async def test_gemini_records_an_answer_and_asks_the_next_question(
    providers: Providers,
) -> None:
    context = llm.ChatContext.empty()
    context.add_message(
        role="system",
        content=INSTRUCTION.replace("You speak English", "Hablas en español") + QUESTIONS,
    )
    for role, said in (
        ("assistant", "¿Tienes experiencia con carretillas?"),
        ("user", "Sí, muchas veces."),
    ):
        context.add_message(role=role, content=said)  # type: ignore[arg-type]
    gemini = model(providers)
    (call,) = (await ask(providers, context, RECORD, gemini)).calls
    assert (call.name, json.loads(call.arguments)) == ("record_driven_before", {"value": True})
    output = "Saved. next: truck_type"
    context.items += [
        llm.FunctionCall(call_id=call.call_id, name=call.name, arguments=call.arguments),
        llm.FunctionCallOutput(call_id=call.call_id, name=call.name, output=output, is_error=False),
    ]
    after = await ask(providers, context, RECORD, gemini)
    assert (after.text, after.calls) == ("Gracias. ¿Cuál usarás?", [])
    detail = (await providers.calls("llm"))[-1]["detail"]
    assert detail["responses"] == [{"name": call.name, "response": {"output": output}}]


async def test_gemini_sends_scripted_replies(providers: Providers) -> None:
    await providers.script(
        {"chunks": ["One, ", "two."], "delay_s": 0.3},
        {"text": "Three.", "calls": [{"name": "end_greeting", "args": {"x": 1}}]},
    )
    began = time.monotonic()
    first = await ask(providers, conversation("Hello?"))
    assert (first.text, first.chunks) == ("One, two.", 2)
    assert time.monotonic() - began > 0.3
    second = await ask(providers, conversation("Hello?"), [end_greeting])
    assert second.text == "Three."
    assert second.calls[0].arguments == '{"x": 1}'
    assert "Sam" in (await ask(providers, conversation("Hello?"))).text
    with pytest.raises(ValueError, match="tetx"):
        await providers.script({"tetx": "misspelt"})


async def test_gemini_rejects_missing_keys_and_bad_requests_as_google_does(
    providers: Providers, http: aiohttp.ClientSession
) -> None:
    base = providers.environment["GOOGLE_GEMINI_BASE_URL"] + "/v1beta/models/gemini-3.5-flash:"
    body = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}
    key = {"x-goog-api-key": "k"}
    for method, headers, content, status, name in (
        ("streamGenerateContent", {}, body, 403, "PERMISSION_DENIED"),
        ("streamGenerateContent", key, {"contents": []}, 400, "INVALID_ARGUMENT"),
        ("embedContent", key, body, 404, "NOT_FOUND"),
    ):
        async with http.post(base + method, headers=headers, json=content) as answer:
            assert answer.status == status
            assert (await answer.json())["error"]["status"] == name


@pytest.mark.parametrize(
    ("fault", "error", "status"),
    [
        ("llm:429", APIStatusError, 429),
        ("llm:403", APIStatusError, 403),
        ("llm:503=1", APIStatusError, 503),
        ("llm:huge", APIStatusError, 500),
        ("llm:hang", APIConnectionError, None),
        ("llm:no-text", APIStatusError, -1),
        ("llm:blocked", APIStatusError, -1),
        ("llm:unsafe", APIStatusError, -1),
        ("llm:drop", APIConnectionError, None),
        ("llm:stall", APIConnectionError, None),
        ("llm:empty", APIStatusError, -1),
        ("llm:garbage", Exception, None),
        ("llm:html", Exception, None),
    ],
)
async def test_gemini_fault_raises_in_the_plugin(
    providers: Providers, fault: str, error: type[Exception], status: int | None
) -> None:
    await providers.faults(fault)
    with pytest.raises(error) as failed:
        await ask(providers, conversation("What is this training about?"))
    assert not isinstance(failed.value, TimeoutError)
    if status is not None:
        assert failed.value.status_code == status  # type: ignore[attr-defined]


async def test_gemini_refuse_fault_resets_the_connection(
    providers: Providers, http: aiohttp.ClientSession
) -> None:
    await providers.faults("llm:refuse")
    url = providers.environment["GOOGLE_GEMINI_BASE_URL"] + "/v1/models/x:generateContent"
    with pytest.raises(aiohttp.ClientConnectionError):
        await http.post(url, json={})


@pytest.mark.parametrize(
    ("fault", "shows"),
    [
        ("llm:unknown-call", lambda answer: answer.calls[0].name == "no_such_function"),
        ("llm:bad-call", lambda answer: "__unexpected__" in answer.calls[0].arguments),
        ("llm:runaway", lambda answer: len(answer.text.split()) >= 5_000),
        ("llm:no-finish", lambda answer: "training" in answer.text),
    ],
)
async def test_gemini_fault_changes_the_answer(
    providers: Providers, fault: str, shows: Callable[[Answer], bool]
) -> None:
    await providers.faults(fault)
    context = conversation("What is this training about?")
    assert shows(await ask(providers, context, [end_greeting]))


async def test_gemini_counted_slow_fault_delays_one_answer(providers: Providers) -> None:
    await providers.faults("llm:slow=2x1")
    times = []
    for _ in range(2):
        began = time.monotonic()
        await ask(providers, conversation("Hello?"))
        times.append(time.monotonic() - began)
    assert times[0] > 2 > times[1]
