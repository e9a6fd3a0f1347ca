"""What a collector gets from the shipped worker, and what it never gets."""

from __future__ import annotations

import re
import time
from pathlib import Path

from agent.demo.livekit_server import free_ports
from agent.demo.processes import child, wait_until_ready
from tests.integration.collector import collector
from tests.integration.test_greeting import the_opening
from tests.integration.test_worker import enter_as
from tests.support.product import Product
from tests.support.waiting import until


async def test_spans_arrive_with_the_session_and_without_a_word(
    product: Product, tmp_path: Path
) -> None:
    agent_name = "traced"
    [health] = free_ports(1)
    log = tmp_path / "worker.log"
    async with collector() as kept:
        env = {
            **product.here.environment,
            "LIVEKIT_AGENT_NAME": agent_name,
            "AGENT_HTTP_PORT": str(health),
            "OTEL_EXPORTER_OTLP_ENDPOINT": kept.url,
        }
        async with child("worker", "agent", "start", env=env, log=log) as worker:
            await wait_until_ready("worker", f"http://127.0.0.1:{health}/", worker, log, 40)
            metadata = (
                '{"session_id": "traced-1", "trainee": {"id": "7", "name": "Quillfeather"},'
                ' "consent": {"transcript": true}}'
            )
            client = await enter_as(product, agent_name, "training-session-traced-1", metadata)
            said = await the_opening(client)
            assert "Quillfeather" in said
            await client.silence()
            typed_at = time.monotonic()
            await client.type("How long does the quokka video take?")
            await client.hears(after=typed_at)
            await client.silence()
            await client.press_continue()
            await until(lambda: client.disconnected_at is not None, 10, "it did not end")
            await until(lambda: {"llm_node", "tts_node"} <= kept.names, 15, "no spans arrived")
    print(sorted(kept.names))
    assert kept.session_ids() == {"traced-1"}
    sent = " ".join(str(request) for request in kept.requests)
    private = ["Quillfeather", "quokka", "eyJ", env["GOOGLE_API_KEY"] + '"']
    private += [text for _, text in client.captions if len(text) > 12]
    private += re.findall(r"\w{4,} \w+ \w{4,}", said)[:3]
    assert [word for word in private if word.lower() in sent.lower()] == []
