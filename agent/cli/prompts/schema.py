"""`prompts schema`: write the JSON Schema of script files, for editors."""

from __future__ import annotations

import argparse
import json

from agent.cli.prompts.arguments import Tools
from agent.scripts.schema import json_schema


def add_to(tools: Tools) -> None:
    """Declare the tool's arguments."""
    schema = tools.add_parser("schema", help="write prompts/script.schema.json")
    schema.set_defaults(run=_schema)


def _schema(options: argparse.Namespace) -> int:
    path = options.prompts / "script.schema.json"
    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8")
    print(f"wrote {path}")
    return 0
