"""Configuration: the settings as far as they are usable, so that one error hides no other check."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import SecretStr

from agent.core.settings import EndpointSettings, WorkerSettings
from agent.core.settings.base import Settings, wrong_lines
from agent.core.settings.field_types import spelling_problem
from agent.core.settings.spelling import known_names

S = TypeVar("S", bound=Settings)

ALIASES = {
    "BEY_API_KEY": "BEYOND_PRESENCE_API_KEY",
    "BEY_AVATAR_ID": "BEYOND_PRESENCE_AVATAR_ID",
}
"""The second name of a setting, and its first."""
SECRETS = WorkerSettings.secret_names() | EndpointSettings.secret_names()
"""Settings that the report never shows, not even in part."""
_SUBSTITUTES = {
    "LIVEKIT_URL": "wss://unset.invalid",
    "LIVEKIT_API_KEY": "unset",
    "LIVEKIT_API_SECRET": "unset" * 8,
    "GOOGLE_API_KEY": "unset",
    "DEEPGRAM_API_KEY": "unset",
    "BEYOND_PRESENCE_API_KEY": "unset",
    "BEYOND_PRESENCE_AVATAR_ID": "unset",
}
"""Values for required settings that are missing or invalid; no check may use them: see `lacks`."""


@dataclass(frozen=True, kw_only=True)
class DotenvFile:
    """A `.env`, as far as it can be read."""

    path: Path | None
    """None to read none."""
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    problems: tuple[str, ...] = ()
    """What is wrong with the file itself."""
    repeated: tuple[str, ...] = ()
    """Variables that are set again, often by the empty line of .env.example, which counts."""


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """The settings with which the worker and the endpoint would start."""

    environ: Mapping[str, str] = field(repr=False)
    """The environment, and what `.env` adds to it."""
    worker: WorkerSettings
    endpoint: EndpointSettings
    problems: Mapping[str, str]
    """Why a setting is not usable, by name; under "" problems that involve several settings."""
    parts: frozenset[str]
    """`worker`, `endpoint` or both: the processes that use this environment."""
    file: DotenvFile

    def lacks(self, *names: str) -> str:
        """Say which of the settings that a check needs a problem names; empty if none does."""
        aliases = {first: second for second, first in ALIASES.items()}
        named = {*self.problems, *re.findall(r"\w+", self.problems.get("", ""))}
        wrong = [name for name in names if {name, aliases.get(name)} & named]
        verb = "are" if len(wrong) > 1 else "is"
        return f"{' and '.join(wrong)} {verb} not usable: see above" if wrong else ""


def read_configuration(
    environ: Mapping[str, str], *, parts: frozenset[str], file: Path | None = None
) -> Configuration:
    """Read the settings, valid or not.

    Args:
        parts: the processes whose settings must be complete.
        file: the `.env`; the environment takes precedence.
    """
    dotenv = _read_dotenv(file)
    merged = {**dotenv.values, **environ}
    problems: dict[str, str] = {}
    if "worker" in parts:
        problems |= WorkerSettings.problems(merged)
    if "endpoint" in parts:
        of_endpoint = EndpointSettings.problems(merged)
        both = [text for text in (problems.get(""), of_endpoint.get("")) if text]
        problems |= of_endpoint
        if both:
            problems[""] = "\n".join(dict.fromkeys("\n".join(both).splitlines()))
    for name in known_names() & merged.keys():
        if problem := spelling_problem(merged[name]):
            problems[name] = problem
    usable = {k: v for k, v in merged.items() if k not in problems}
    return Configuration(
        environ=merged,
        worker=_read(WorkerSettings, usable),
        endpoint=_read(EndpointSettings, usable),
        problems=problems,
        parts=parts,
        file=dotenv,
    )


def _read(settings: type[S], usable: Mapping[str, str]) -> S:
    # A process that is not checked may have invalid settings, too.
    wrong = {name for name in settings.problems(usable) if name}
    usable = settings.set_in({k: v for k, v in usable.items() if k not in wrong})
    substitutes = {k: v for k, v in _SUBSTITUTES.items() if k in settings.names()}
    by_alias = {first for second, first in ALIASES.items() if second in usable}
    return settings.model_validate(
        {k: v for k, v in substitutes.items() if k not in by_alias} | usable
    )


def _read_dotenv(file: Path | None) -> DotenvFile:
    try:
        text = file.read_text(encoding="utf-8-sig") if file else ""
    except FileNotFoundError:
        text = ""
    except OSError as e:
        return DotenvFile(path=file, problems=(f"cannot be read: {e.strerror}",))
    except UnicodeDecodeError:
        return DotenvFile(path=file, problems=("is not UTF-8 text",))
    lines = [(line.key, line.value) for line in parse_stream(io.StringIO(text)) if line.key]
    first = dict(reversed(lines))
    return DotenvFile(
        path=file,
        values={k: v for k, v in dotenv_values(stream=io.StringIO(text)).items() if v is not None},
        problems=tuple(wrong_lines(text)),
        repeated=tuple(dict.fromkeys(name for name, value in lines if value != first[name])),
    )


def secret_values(environ: Mapping[str, str]) -> list[str]:
    """Return every secret, and passwords in addresses, that must not appear in a text."""
    found = [value for name in SECRETS if (value := environ.get(name))]
    for address in [value for value in found if "://" in value]:
        with suppress(ValueError):  # not an address
            found.append(urlsplit(address).password or "")
    return found


def plain(secret: SecretStr | None) -> str:
    """Return the value of a secret; empty if it is not set."""
    return secret.get_secret_value() if secret else ""
