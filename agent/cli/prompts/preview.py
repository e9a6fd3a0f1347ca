"""`prompts preview`: a page with every line of a script in all locales, with audio and findings."""

from __future__ import annotations

import argparse
import asyncio
import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader

from agent.cli.prompts.arguments import Tools, add_prompts_folder, find_script
from agent.cli.prompts.audio import LineVoice, line_voice
from agent.cli.prompts.preview_server import serve
from agent.cli.prompts.render import LINES, named_question, render_all, timed
from agent.scripts import Question, RenderedScript
from agent.scripts.check import check_path
from agent.scripts.finding import Finding, Loc, dotted
from agent.scripts.library import folders

_TRAINEE = "Ana"
_pages = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)


def add_to(tools: Tools) -> None:
    """Declare the tool's arguments."""
    preview = tools.add_parser(
        "preview", help="show scripts as a web page, with audio and findings; or write it to a file"
    )
    preview.add_argument("script", nargs="*", help="names, folders or files (default: all)")
    preview.add_argument("--out", type=Path, help="write one HTML file, to send to a reviewer")
    preview.add_argument("--audio", action="store_true", help="with --out: put the audio in it")
    preview.add_argument("--port", type=int, default=8090, help="of the local page (8090)")
    add_prompts_folder(preview)
    preview.set_defaults(run=_preview)


def _preview(options: argparse.Namespace) -> int:
    if options.out is not None:
        voice = line_voice() if options.audio else None
        options.out.write_text(page(options, voice, serves=False), encoding="utf-8")
        print(f"wrote {options.out}")
        return 0
    voice = line_voice()
    page(options, voice, serves=True)  # a mistyped name fails now
    serve(options.port, lambda: page(options, voice, serves=True), voice)
    return 0


@dataclass
class _Variant:
    industry: str
    text: str
    seconds: str
    audio: str = ""
    wav: str = ""


@dataclass
class _Cell:
    locale: str
    variants: list[_Variant] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


@dataclass
class _Row:
    loc: Loc
    name: str
    note: str
    cells: list[_Cell]
    different: bool = False
    """The locales have different numbers of texts."""


@dataclass(frozen=True)
class _Column:
    locale: str
    version: int
    reviewed: date | None


@dataclass(frozen=True)
class _Script:
    name: str
    columns: list[_Column]
    rows: list[_Row]
    findings: list[Finding]
    """Those of the files as a whole."""


def page(options: argparse.Namespace, voice: LineVoice | None, *, serves: bool) -> str:
    """Return the page.

    Args:
        voice: for audio; None for a page without.
        serves: the page's own server makes the audio; otherwise the page contains it.

    Raises:
        ScriptError: a script does not exist or cannot be filled, or the voice does not speak.
    """
    root = options.prompts.resolve()
    names = options.script or [folder.name for folder in folders(root)]
    scripts = [_script(name, options, voice, serves=serves) for name in names]
    found = [f for script in scripts for f in _findings(script)]
    return _pages.get_template("preview.html").render(
        scripts=scripts,
        trainee=_TRAINEE,
        voice=voice.description if voice else "",
        errors=sum(f.severity == "error" for f in found),
        warnings=sum(f.severity == "warning" for f in found),
    )


def _findings(script: _Script) -> Iterator[Finding]:
    yield from script.findings
    for row in script.rows:
        for cell in row.cells:
            yield from cell.findings


def _script(
    name: str, options: argparse.Namespace, voice: LineVoice | None, *, serves: bool
) -> _Script:
    target = find_script(name, options.prompts)
    files = target.library.scripts[target.name]
    folder = next(iter(files.values())).path.parent
    rendered = render_all(name, options, locale="", industry="", name=_TRAINEE)
    by_locale = {tag: [s for s in rendered if s.locale == tag] for tag in target.locales}
    rows = list(_lines(by_locale))
    left = _place(check_path(folder), rows)
    if voice is not None:
        asked = {tag: files[tag].fields.voice for tag in target.locales}
        _add_audio(rows, asked, voice, serves=serves)
    columns = [
        _Column(tag, files[tag].fields.version, files[tag].fields.reviewed)
        for tag in target.locales
    ]
    return _Script(target.name, columns, rows, left)


def _cell(variants: Sequence[RenderedScript], name: str, texts: Sequence[str]) -> _Cell:
    """Return one text in one locale; an industry only where it differs."""
    cell = _Cell(variants[0].locale)
    for script, text in zip(variants, texts, strict=True):
        if not script.industry or text != cell.variants[0].text:
            cell.variants.append(_Variant(script.industry, text, timed(name, script, text)))
    return cell


def _lines(by_locale: Mapping[str, Sequence[RenderedScript]]) -> Iterator[_Row]:
    """Yield the rows of all lines, questions, facts and talking points."""
    for name in LINES:
        cells = [_cell(v, name, [getattr(s, name) for s in v]) for v in by_locale.values()]
        yield _Row((name,), name.replace("_", " "), "", cells)
    first = next(iter(by_locale.values()))[0]
    for i, question in enumerate(first.questions):
        cells = [
            _cell(v, "ask", [_asked(s.questions[i : i + 1]) for s in v]) for v in by_locale.values()
        ]
        loc = ("questions", i)
        yield _Row(loc, f"question {question.id}", named_question(question), cells)
    for name in ("facts", "talking_points"):
        counts = {tag: max(len(getattr(s, name)) for s in v) for tag, v in by_locale.items()}
        for i in range(max(counts.values())):
            cells = [
                _cell(v, name, ["".join(getattr(s, name)[i : i + 1]) for s in v])
                for v in by_locale.values()
            ]
            missing = [tag for tag, count in counts.items() if count <= i]
            note = f"not in {', '.join(missing)}" if missing else ""
            title = name.replace("_", " ").removesuffix("s")
            yield _Row((name, i), f"{title} {i + 1}", note, cells, different=bool(missing))


def _asked(questions: Sequence[Question]) -> str:
    """Return a question with the words of its choices; empty if a locale does not have it."""
    if not questions:
        return ""
    [question] = questions
    choices = question.choices.values() if question.type == "choice" else ()
    return " · ".join([question.ask, *choices])


def _place(found: Sequence[Finding], rows: Sequence[_Row]) -> list[Finding]:
    """Put each finding into the cell that it is about; return those that are about a file."""
    left = []
    for finding in found:
        cells = [
            cell
            for row in rows
            for cell in row.cells
            if finding.field.startswith(dotted(row.loc)) and cell.locale == finding.path.stem
        ]
        if cells and finding.field:
            cells[0].findings.append(finding)
        else:
            left.append(finding)
    return left


def _add_audio(
    rows: Sequence[_Row], asked: Mapping[str, str | None], voice: LineVoice, *, serves: bool
) -> None:
    for row in rows:
        for cell in row.cells:
            for variant in cell.variants:
                if not (variant.seconds and variant.text):
                    continue
                text, name = variant.text.partition(" · ")[0], asked[cell.locale]
                if serves:
                    query = {"locale": cell.locale, "text": text, "voice": name or ""}
                    variant.audio = f"/audio?{urlencode(query)}"
                else:
                    wav = asyncio.run(voice.wav(text, cell.locale, name))
                    variant.wav = base64.b64encode(wav).decode()
