"""The page and the worker use the same names."""

from __future__ import annotations

import re
from pathlib import Path

from agent.room import contract as room_contract

PAGE = Path(__file__).resolve().parents[2] / "web" / "src" / "livekit" / "roomContract.ts"


def test_page_and_worker_agree() -> None:
    ours = {k: v for k, v in vars(room_contract).items() if k.isupper()}
    theirs = dict(re.findall(r"export const (\w+)\s*=\s*[\"']([^\"']+)[\"']", PAGE.read_text()))
    assert theirs, "roomContract.ts names nothing"
    assert theirs == {name: ours.get(name) for name in theirs}
    for name in (
        *("RPC_CAN_HEAR", "RPC_END_GREETING", "ATTRIBUTE_MODE", "ATTRIBUTE_ENDED"),
        *("ATTRIBUTE_LOCALE", "ATTRIBUTE_CLOSING", "ATTRIBUTE_MODE_REASON", "RPC_AGENT_ALIVE"),
        *("ATTRIBUTE_RECORDING", "RPC_LABELS_SHOWN"),
    ):
        assert name in theirs
