"""Clients generated from docs/openapi.json, in Python and TypeScript, call the running endpoint."""

from __future__ import annotations

import json
import secrets
import shutil
import sys
from pathlib import Path

import pytest

from tests.support.installers import ROOT, npm, run, uv
from tests.support.product import Product

DOCUMENT = ROOT / "docs" / "openapi.json"
PYTHON_GENERATOR = "openapi-python-client==0.29.0"
TYPESCRIPT_GENERATOR = ("openapi-typescript@7.13.0", "openapi-fetch@0.17.0", "typescript@5.9.3")

PYTHON_CALLER = """
import sys
from training_greeter_token_endpoint_client import AuthenticatedClient
from training_greeter_token_endpoint_client.api.default import end_greeting, start_greeting
from training_greeter_token_endpoint_client.models import (
    EndRequest, ErrorResponse, GreetingRequest, GreetingResponse, TraineeFields,
)

url, key, session = sys.argv[1:]
client = AuthenticatedClient(url, token=key, prefix="", auth_header_name="X-API-Key")
body = GreetingRequest(trainee=TraineeFields(id="7", name="Ada"), training_type="forklift")
started = start_greeting.sync(session, client=client, body=body)
assert isinstance(started, GreetingResponse), started
assert "Ada" in started.fallback.welcome_text
end_greeting.sync(session, client=client, body=EndRequest(reason="continue"))
again = start_greeting.sync(session, client=client, body=body)
assert isinstance(again, ErrorResponse) and again.error.code == "session_ended", again
print(started.room_name)
"""
TYPESCRIPT_CALLER = """
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

const [baseUrl, key, session] = process.argv.slice(2) as [string, string, string];
const client = createClient<paths>({ baseUrl, headers: { "X-API-Key": key } });
const url = "/api/users/sessions/{session_id}/avatar-greeting/";
const params = { path: { session_id: session } };
const { data, error } = await client.POST(url, { params, body: { trainee: { name: "Ada" } } });
if (data === undefined) throw new Error(error.error.code);
await client.POST(`${url}end/`, { params, body: { reason: "continue" } });
const again = await client.POST(url, { params, body: {} });
if (again.error?.error.code !== "session_ended") throw new Error("not ended");
const reason = (event: components["schemas"]["OutcomeEvent"]) => event.data.ended?.reason;
console.log(data.room_name, typeof reason);
"""


@pytest.mark.timeout(300)
async def test_generated_python_client_starts_and_ends_a_greeting(
    product: Product, tmp_path: Path
) -> None:
    client = tmp_path / "client"
    generate = ("generate", "--path", str(DOCUMENT), "--output-path", str(client))
    said = await run(
        *(uv(), "tool", "run", "--from", PYTHON_GENERATOR, "openapi-python-client", *generate),
        cwd=tmp_path,
    )
    assert "warning" not in said.lower(), said
    session = secrets.token_hex(4)
    output = await run(
        *(sys.executable, "-c", PYTHON_CALLER, product.stage.endpoint_url),
        *(product.stage.environment["PLATFORM_API_KEY"], session),
        cwd=tmp_path,
        env={"PYTHONPATH": str(client)},
    )
    assert output.strip() == f"training-session-{session}"


@pytest.mark.timeout(300)
async def test_generated_typescript_client_starts_and_ends_a_greeting(
    product: Product, tmp_path: Path
) -> None:
    npx, node = shutil.which("npx"), shutil.which("node")
    if not (npx and node):
        pytest.skip("needs Node.js")
    (tmp_path / "package.json").write_text(json.dumps({"type": "module", "private": True}))
    (tmp_path / "call.ts").write_text(TYPESCRIPT_CALLER)
    await npm("install", *TYPESCRIPT_GENERATOR, "@types/node@20", cwd=tmp_path)
    await run(npx, "openapi-typescript", str(DOCUMENT), "-o", "api.d.ts", cwd=tmp_path)
    options = ("--strict", "--module", "nodenext", "--target", "es2022", "--skipLibCheck")
    await run(npx, "tsc", *options, "call.ts", cwd=tmp_path)
    session = secrets.token_hex(4)
    output = await run(
        *(node, "call.js", product.stage.endpoint_url),
        *(product.stage.environment["PLATFORM_API_KEY"], session),
        cwd=tmp_path,
    )
    assert output.strip() == f"training-session-{session} function"
