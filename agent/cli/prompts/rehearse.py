"""`prompts rehearse`: scripted trainees talk with the agent, and a page shows the writer how."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader

from agent.cli.prompts.arguments import Target, Tools, find_script
from agent.cli.prompts.trainees import LANGUAGES, TRAINEES
from agent.core.errors import ScriptError
from agent.core.locales import language_of
from agent.scripts import Question
from agent.scripts.selection import DEFAULT_LOCALE, find_locale

if TYPE_CHECKING:
    from agent.cli.prompts.rehearsal import RehearsalRecord

_pages = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
_STAND_IN = (
    "the demo's stand-in for Gemini, because GOOGLE_API_KEY is not set. It follows simple rules: "
    "the real model understands more and words its replies better"
)


def add_to(tools: Tools) -> None:
    """Declare the tool's arguments."""
    rehearse = tools.add_parser(
        "rehearse",
        help="let scripted trainees talk with the agent, and write a page about it",
        description="Scripted trainees talk with the agent by text, and the result is one page: "
        "what was said, which facts were used, what was recorded, and what was not answered. It "
        "uses Gemini if GOOGLE_API_KEY is set, and otherwise the demo's stand-in.",
        epilog="trainees: "
        + "; ".join(f"{trainee.name} {trainee.about}" for trainee in TRAINEES.values()),
    )
    rehearse.add_argument("script", help="a script's name, a folder or file; also a draft")
    rehearse.add_argument("--locale", default="", help="language tag; default: en, or the file's")
    rehearse.add_argument(
        "--trainee", action="append", metavar="NAME", choices=TRAINEES, help="only this trainee"
    )
    rehearse.add_argument("--out", type=Path, help="the page; default: rehearsal-SCRIPT.html")
    rehearse.set_defaults(run=_rehearse)


def _rehearse(options: argparse.Namespace) -> int:
    target = find_script(options.script, options.prompts)
    locale = _locale(target, options.locale)
    trainees = [t for t in TRAINEES.values() if t.name in (options.trainee or TRAINEES)]
    # Only here: livekit-agents takes a second to load, and no other tool needs it.
    from agent.cli.prompts import rehearsal

    records, is_stand_in = asyncio.run(rehearsal.rehearse(target, locale, trainees))
    out = options.out or Path(f"rehearsal-{target.name.lstrip('_')}.html")
    out.write_text(_page(records, is_stand_in=is_stand_in), encoding="utf-8")
    print("\n".join(_summary(records, is_stand_in=is_stand_in)))
    print(f"wrote {out}; open it in a browser")
    return 0


def _locale(target: Target, asked: str) -> str:
    """Return the locale to rehearse.

    Raises:
        ScriptError: the script does not have it, or the trainees do not speak it.
    """
    found = find_locale(target.locales, asked or DEFAULT_LOCALE)
    if asked and found is None:
        raise ScriptError(
            f"{target.name} has no locale {asked}; it has {', '.join(target.locales)}"
        )
    locale = found[0] if found else target.locales[0]
    if language_of(locale) not in LANGUAGES:
        raise ScriptError(f"the trainees speak {', '.join(LANGUAGES)}; they do not speak {locale}")
    return locale


def _page(records: Sequence[RehearsalRecord], *, is_stand_in: bool) -> str:
    script = records[0].first
    return _pages.get_template("rehearse.html").render(
        script=script,
        records=records,
        model=_STAND_IN if is_stand_in else "Gemini",
        facts=[(fact, _used_by(records, i)) for i, fact in enumerate(script.facts)],
        questions=[(q, [_recorded(record, q) for record in records]) for q in script.questions],
        refused=[(record.trainee.name, call) for record in records for call in record.refused],
        unanswered=[
            (record.trainee.name, asked) for record in records for asked in record.unanswered
        ],
    )


def _used_by(records: Sequence[RehearsalRecord], fact: int) -> list[str]:
    return [record.trainee.name for record in records if fact in record.used]


def _recorded(record: RehearsalRecord, question: Question) -> tuple[str, bool]:
    """Return what was recorded, and whether the trainee meant something else."""
    given = record.answers.get(question.id)
    if given is None:
        return "not asked", False
    meant = record.meant.get(question.id)
    differs = meant is not None and question.type != "text" and given.value != meant
    differs |= meant is not None and given.value is None
    text = _shown(given.value)
    if given.value is None:
        text = "skipped" if given.status == "declined" else "open"
    return (f"{text}, although the trainee meant {_shown(meant)}" if differs else text), differs


def _shown(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _summary(records: Sequence[RehearsalRecord], *, is_stand_in: bool) -> Iterator[str]:
    script = records[0].first
    yield f"{script.name} {script.locale} version {script.version}"
    yield f"model: {_STAND_IN if is_stand_in else 'Gemini'}"
    for record in records:
        statuses = [given.status for given in record.answers.values()]
        counts = {
            "answered": statuses.count("answered"),
            "skipped": statuses.count("declined"),
            "open": statuses.count("open"),
        }
        named = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
        yield f"  {record.trainee.name:<10} {named or 'no questions'}"
    used = sum(bool(_used_by(records, i)) for i in range(len(script.facts)))
    yield f"facts used: {used} of {len(script.facts)}"
    wrong = sum(_recorded(record, q)[1] for record in records for q in script.questions)
    yield f"answers recorded otherwise than meant: {wrong}"
    yield f"refused function calls: {sum(len(record.refused) for record in records)}"
    yield f"questions answered without a fact: {sum(len(record.unanswered) for record in records)}"
