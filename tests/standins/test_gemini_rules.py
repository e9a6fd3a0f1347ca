"""What Gemini's stand-in refuses, as Google does."""

from __future__ import annotations

import base64
from typing import Any

import aiohttp
import pytest

from tests.support.providers import Providers

KEY = {"x-goog-api-key": "key"}
CALL = {"functionCall": {"id": "1", "name": "end_greeting", "args": {}}}
RESPONSE = {"functionResponse": {"id": "1", "name": "end_greeting", "response": {"output": "ok"}}}
SKIP = base64.b64encode(b"skip_thought_signature_validator").decode()


def user(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "parts": list(parts or [{"text": "Hello"}])}


def model(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "model", "parts": list(parts or [{"text": "Hello"}])}


async def post(
    http: aiohttp.ClientSession,
    providers: Providers,
    name: str,
    body: dict[str, Any],
    **headers: str,
) -> tuple[int, str]:
    base = providers.environment["GOOGLE_GEMINI_BASE_URL"]
    url = f"{base}/v1beta/models/{name}:streamGenerateContent?alt=sse"
    async with http.post(url, json=body, headers=KEY | headers) as answer:
        if answer.status == 200:
            return 200, ""
        error = (await answer.json())["error"]
        assert (error["code"], error["status"]) in {
            (400, "INVALID_ARGUMENT"),
            (404, "NOT_FOUND"),
        }
        return answer.status, error["message"]


@pytest.mark.parametrize(
    ("name", "thinking", "message"),
    [
        ("gemini-3.5-flash-lite", {"thinkingLevel": "MINIMAL"}, ""),
        ("gemini-3.8-flash", {"thinkingLevel": "LOW"}, ""),
        ("gemini-3.8-flash", {"thinkingLevel": "MINIMAL"}, "MINIMAL is not supported"),
        ("gemini-3.7-flash", {"thinkingLevel": "minimal"}, "MINIMAL is not supported"),
        ("gemini-3.7-flash", {"thinking_level": "minimal"}, "MINIMAL is not supported"),
        ("gemini-2.5-pro", {"thinking_budget": 0}, "Thinking budget 0 is invalid"),
        ("gemini-3.1-pro-preview", {"thinkingLevel": "MINIMAL"}, "MINIMAL is not supported"),
        ("gemini-flash-latest", {}, ""),
        ("gemini-2.5-flash", {"thinkingBudget": 0}, ""),
        ("gemini-2.5-flash", {"thinkingLevel": "LOW"}, "Thinking level is not supported"),
        ("gemini-2.5-pro", {"thinkingBudget": 0}, "Thinking budget 0 is invalid"),
        ("gemini-2.0-flash", {"thinkingBudget": 0}, "Thinking budget 0 is invalid"),
        (
            "gemini-3.5-flash",
            {"thinkingLevel": "LOW", "thinkingBudget": 0},
            "only one of thinking budget and thinking level",
        ),
    ],
)
async def test_thinking_settings_depend_on_the_model(
    providers: Providers,
    http: aiohttp.ClientSession,
    name: str,
    thinking: dict[str, Any],
    message: str,
) -> None:
    body = {"contents": [user()], "generationConfig": {"thinkingConfig": thinking}}
    status, said = await post(http, providers, name, body)
    assert status == (400 if message else 200)
    assert message in said


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ([model(), user()], ""),
        ([user(), model({**CALL, "thoughtSignature": SKIP}), user(RESPONSE)], ""),
        ([user(), model(CALL), user(RESPONSE)], "missing a thought_signature"),
        (
            [user(), model({**CALL, "thoughtSignature": "b3RoZXI="}), user(RESPONSE)],
            "Corrupted thought signature",
        ),
        (
            [model({**CALL, "thoughtSignature": SKIP}), user(RESPONSE)],
            "function call turn comes immediately after a user turn",
        ),
        (
            [user(), model(), user(RESPONSE)],
            "function response turn comes immediately after a function call turn",
        ),
        (
            [user(), model({**CALL, "thoughtSignature": SKIP}), user(), user(RESPONSE)],
            "number of function response parts is equal",
        ),
        (
            [user(), model({**CALL, "thoughtSignature": SKIP}, CALL), user(RESPONSE)],
            "number of function response parts is equal",
        ),
        ([user(), model()], "last turn"),
        ([user({"text": "Hello"}), {"role": "tool", "parts": [RESPONSE]}], "valid role"),
        ([{"role": "user", "parts": []}], "must not be empty"),
        ([], "contents is not specified"),
    ],
)
async def test_turns_and_function_calls_have_an_order(
    providers: Providers,
    http: aiohttp.ClientSession,
    contents: list[dict[str, Any]],
    message: str,
) -> None:
    status, said = await post(http, providers, "gemini-3.5-flash", {"contents": contents})
    assert status == (400 if message else 200)
    assert message in said


async def test_signatures_are_not_required_before_gemini_3(
    providers: Providers, http: aiohttp.ClientSession
) -> None:
    body = {"contents": [user(), model(CALL), user(RESPONSE)]}
    assert (await post(http, providers, "gemini-2.5-flash-lite", body))[0] == 200


@pytest.mark.parametrize(
    ("declaration", "accepted"),
    [
        ({"name": "go", "description": "Go.", "parametersJsonSchema": {"type": "object"}}, True),
        ({"name": "go on", "description": "Go on."}, False),
        ({"name": "go"}, False),
        (
            {
                "name": "go",
                "description": "Go.",
                "parametersJsonSchema": {
                    "type": "object",
                    "properties": {"to": {"type": "string", "pattern": "[a-z]+"}},
                },
            },
            False,
        ),
        (
            {
                "name": "go",
                "description": "Go.",
                "parametersJsonSchema": {
                    "type": "object",
                    "properties": {"to": {"type": "integer", "enum": [1, 2]}},
                },
            },
            False,
        ),
        (
            {
                "name": "go",
                "description": "Go.",
                "parametersJsonSchema": {
                    "type": "object",
                    "properties": {"to": {"type": "integer", "minimum": 1, "maximum": 2}},
                    "required": ["to", "by"],
                },
            },
            False,
        ),
    ],
)
async def test_function_declarations_are_checked(
    providers: Providers,
    http: aiohttp.ClientSession,
    declaration: dict[str, Any],
    accepted: bool,
) -> None:
    body = {"contents": [user()], "tools": [{"functionDeclarations": [declaration]}]}
    status, _ = await post(http, providers, "gemini-3.5-flash", body)
    assert status == (200 if accepted else 400)


async def test_short_deadlines_unknown_models_and_wrong_modalities_are_refused(
    providers: Providers, http: aiohttp.ClientSession
) -> None:
    body = {"contents": [user()]}
    status, said = await post(
        http, providers, "gemini-3.5-flash", body, **{"X-Server-Timeout": "5"}
    )
    assert (status, "Minimum allowed deadline is 10s" in said) == (400, True)
    assert (await post(http, providers, "gemini-3.5-flash-light", body))[0] == 404
    assert (await post(http, providers, "gemini-3.8-flash-tts", body))[0] == 400
    spoken = {"responseModalities": ["AUDIO"], "speechConfig": {}}
    assert (await post(http, providers, "gemini-3.5-flash", body | {"generationConfig": spoken}))[
        0
    ] == 400


async def test_voice_names_are_checked(providers: Providers, http: aiohttp.ClientSession) -> None:
    for name, status in (("Kore", 200), ("Nobody", 400)):
        voice = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": name}}}
        config = {"responseModalities": ["AUDIO"], "speechConfig": voice}
        body = {"contents": [user()], "generationConfig": config}
        assert (await post(http, providers, "gemini-3.1-flash-tts-preview", body))[0] == status


async def test_reply_ends_at_max_output_tokens(
    providers: Providers, http: aiohttp.ClientSession
) -> None:
    await providers.script({"text": "One two three four. " * 50})
    base = providers.environment["GOOGLE_GEMINI_BASE_URL"]
    url = f"{base}/v1beta/models/gemini-3.5-flash:streamGenerateContent?alt=sse"
    body = {"contents": [user()], "generationConfig": {"maxOutputTokens": 20}}
    async with http.post(url, json=body, headers=KEY) as answer:
        text = await answer.text()
    assert '"MAX_TOKENS"' in text
    assert text.count("four.") < 10
