"""Spans of the worker, as a collector receives them."""

from __future__ import annotations

import re
from pathlib import Path

from agent.core.job_metadata import JobMetadata
from tests.support.collector import collector
from tests.support.conversation import wait_for_opening
from tests.support.product import Product
from tests.support.shipped_scripts import after_opening
from tests.support.waiting import until
from tests.support.workers import extra_worker, join_room_of

METADATA = JobMetadata.model_validate(
    {
        "session_id": "traced-1",
        "trainee": {"id": "7", "name": "Quillfeather"},
        "consent": {"transcript": True},
    }
)


async def test_worker_spans_have_the_session_id_and_no_personal_data(
    product: Product, tmp_path: Path
) -> None:
    agent_name = "traced"
    environment = product.stage.environment
    async with collector() as received:
        settings = {"LIVEKIT_AGENT_NAME": agent_name, "OTEL_EXPORTER_OTLP_ENDPOINT": received.url}
        async with extra_worker(environment, tmp_path / "worker.log", **settings):
            client = await join_room_of(product, agent_name, METADATA)
            said = await wait_for_opening(client)
            assert "Quillfeather" in said
            await client.silence()
            await client.type("How long does the quokka video take?")
            await until(lambda: "video" in after_opening(client.agent_said), 60, "no answer")
            await client.press_continue()
            await until(lambda: client.disconnected_at is not None, 60, "it did not end")
            await until(lambda: {"llm_node", "tts_node"} <= received.names, 60, "no spans arrived")
    assert received.session_ids() == {"traced-1"}
    sent = " ".join(str(request) for request in received.requests)
    private = ["Quillfeather", "quokka", "eyJ", environment["GOOGLE_API_KEY"] + '"']
    private += [text for _, text in client.captions if len(text) > 12]
    private += re.findall(r"\w{4,} \w+ \w{4,}", said)[:3]
    assert [word for word in private if word.lower() in sent.lower()] == []
