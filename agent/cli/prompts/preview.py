"""`prompts preview`: a page with every line of a script in all locales, with audio and findings."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from aiohttp import web
from jinja2 import Environment, FileSystemLoader

from agent.cli.prompts.arguments import SAMPLE_NAME, Tools, find_script
from agent.cli.prompts.audio import LineVoice, line_voice
from agent.cli.prompts.render import render_all
from agent.cli.prompts.text_table import Row, place_findings, rows_of
from agent.core.errors import ScriptError
from agent.core.options import port
from agent.scripts.checks.folders import check_path
from agent.scripts.finding import Finding
from agent.scripts.library import ScriptFile, folders
from agent.scripts.schema import Script

_UNCACHED = {"Cache-Control": "no-store"}
_pages = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)


def add_to(tools: Tools) -> None:
    """Declare the tool's arguments."""
    preview = tools.add_parser(
        "preview", help="show scripts as a web page with findings and audio; or write it to a file"
    )
    preview.add_argument("script", nargs="*", help="names, folders or files (default: all)")
    preview.add_argument("--out", type=Path, help="write a file without audio, for a reviewer")
    preview.add_argument("--port", type=port, default=8090, help="of the local page (8090)")
    preview.set_defaults(run=_preview)


def _preview(options: argparse.Namespace) -> int:
    if options.out is not None:
        options.out.write_text(page(options, None), encoding="utf-8")
        print(f"wrote {options.out}")
        return 0
    voice = line_voice()
    page(options, voice)  # a mistyped name fails now
    _serve(options, voice)
    return 0


def _serve(options: argparse.Namespace, voice: LineVoice) -> None:
    """Serve the page and its audio on this machine until Ctrl+C, made anew for every request.

    Raises:
        ScriptError: the port is taken.
    """

    async def answer(request: web.Request) -> web.Response:
        try:
            if request.path == "/":
                html = await asyncio.to_thread(page, options, voice)
                return web.Response(text=html, content_type="text/html", headers=_UNCACHED)
            line = request.query
            wav = await voice.wav(line["text"], line["locale"], line.get("voice") or None)
            return web.Response(body=wav, content_type="audio/wav", headers=_UNCACHED)
        except (ScriptError, KeyError) as e:
            print(e, file=sys.stderr)
            return web.Response(status=500, text=str(e))

    app = web.Application()
    app.add_routes([web.get(path, answer) for path in ("/", "/audio")])
    where = f"open http://127.0.0.1:{options.port}/ and press Ctrl+C to stop"
    try:
        web.run_app(
            app, host="127.0.0.1", port=options.port, print=lambda _: print(where, flush=True)
        )
    except OSError as e:
        reason = os.strerror(e.errno) if e.errno else e
        raise ScriptError(f"port {options.port}: {reason}; choose another with --port") from e


@dataclass(frozen=True)
class _Script:
    name: str
    files: list[ScriptFile[Script]]
    rows: list[Row]
    findings: list[Finding]
    """Those of the files as a whole."""


def page(options: argparse.Namespace, voice: LineVoice | None) -> str:
    """Return the page.

    Args:
        voice: for audio; None for a page without.

    Raises:
        ScriptError: a script does not exist or cannot be filled.
    """
    root = options.prompts.resolve()
    names = options.script or [folder.name for folder in folders(root)]
    scripts = [_script(name, options, voice) for name in names]
    severities = [finding.severity for script in scripts for finding in _findings(script)]
    return _pages.get_template("preview.html").render(
        scripts=scripts,
        trainee=SAMPLE_NAME,
        voice=voice.description if voice else "",
        errors=severities.count("error"),
        warnings=severities.count("warning"),
    )


def _findings(script: _Script) -> Iterator[Finding]:
    yield from script.findings
    for row in script.rows:
        for cell in row.cells:
            yield from cell.findings


def _script(name: str, options: argparse.Namespace, voice: LineVoice | None) -> _Script:
    target = find_script(name, options.prompts)
    files = {tag: target.library.scripts[target.name][tag] for tag in target.locales}
    rendered = render_all(target, name=SAMPLE_NAME)
    rows = list(rows_of({tag: [each for each in rendered if each.locale == tag] for tag in files}))
    folder = next(iter(files.values())).path.parent
    findings_of_files = place_findings(check_path(folder), rows)
    if voice is not None:
        voices = {tag: file.fields.voice for tag, file in files.items()}
        _add_audio(rows, voices)
    return _Script(target.name, list(files.values()), rows, findings_of_files)


def _add_audio(rows: Sequence[Row], voices: Mapping[str, str | None]) -> None:
    """Add the address of the audio of every text that is said.

    Args:
        voices: the voice that the script names for each locale, if any.
    """
    for cell in (cell for row in rows for cell in row.cells):
        for each in cell.variants:
            if each.seconds and each.text:
                said = each.text.partition(" · ")[0]  # without a question's choices
                query = {"locale": cell.locale, "text": said, "voice": voices[cell.locale] or ""}
                each.audio = f"/audio?{urlencode(query)}"
