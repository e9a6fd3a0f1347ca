"""`prompts new`: write the file of a new script, or of a script in a new locale."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from agent.cli.prompts import editing
from agent.cli.prompts.arguments import Tools
from agent.core.errors import ScriptError
from agent.core.locales import language_of
from agent.scripts.library import LOCALE, ScriptFile, read_commons
from agent.scripts.schema import Common, SharedTexts
from agent.scripts.selection import DEFAULT_LOCALE

_SKELETON = Path(__file__).with_name("skeleton.md")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


def add_to(tools: Tools) -> None:
    """Declare the tool's arguments."""
    new = tools.add_parser(
        "new",
        help="write the file of a new script or locale, to be filled in",
        description="A new script becomes a draft: prompts/_NAME. If NAME exists, the file has its "
        "structure, with the original texts in comments.",
    )
    new.add_argument("name", help="the script's folder, such as fire_safety")
    new.add_argument("--locale", required=True, help="language tag, such as es or pt-BR")
    new.set_defaults(run=_new)


def _new(options: argparse.Namespace) -> int:
    name, locale, root = options.name, options.locale, options.prompts
    if not _NAME.fullmatch(name):
        raise ScriptError(f"{name!r}: use small letters, digits and _, as in fire_safety")
    if not LOCALE.fullmatch(locale):
        raise ScriptError(f"{locale!r} is not a language tag such as es or pt-BR")
    if not root.is_dir():
        raise ScriptError(f"{root} is not a folder")
    folder = next((f for f in (root / name, root / f"_{name}") if f.is_dir()), root / f"_{name}")
    path = folder / f"{locale}.md"
    if path.exists():
        raise ScriptError(f"{path} exists already")
    source = _source_of(folder)
    if source is None:
        content = _SKELETON.read_text(encoding="utf-8").replace("LOCALE", locale)
        todo = "write the texts"
    else:
        content = editing.translated_from(source, {}, shared_texts(root, locale))
        todo = "write the empty texts; each original is in the comment above"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    print(f"wrote {path}: {todo}, then run: python -m agent prompts check {path}")
    return 0


def _source_of(folder: Path) -> str | None:
    """Return the content of the file that is translated: in English, or the first one."""
    files = sorted(folder.glob("[!.]*.md"), key=lambda p: (p.stem != DEFAULT_LOCALE, p.stem))
    return files[0].read_text(encoding="utf-8") if files else None


def shared_texts(root: Path, locale: str) -> dict[str, str]:
    """Return the shared texts, in English, that a script needs in a locale without `_common`."""
    commons, _ = read_commons(root.resolve())
    if locale in commons or language_of(locale) in commons:
        return {}
    common: ScriptFile[Common] = commons[DEFAULT_LOCALE]
    given = {field: getattr(common.fields, field) for field in SharedTexts.model_fields}
    return {field: " ".join(text.split()) for field, text in given.items() if text}
