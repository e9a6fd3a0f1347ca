"""Given: the settings as far as they can be used, so that one wrong name hides no other check."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import SecretStr

from agent.cli.doctor.written import ascii_flaw_of, flaw_of
from agent.core.settings import EndpointSettings, WorkerSettings
from agent.core.settings.base import Settings

S = TypeVar("S", bound=Settings)

_SAME = {
    "BEY_API_KEY": "BEYOND_PRESENCE_API_KEY",
    "BEY_AVATAR_ID": "BEYOND_PRESENCE_AVATAR_ID",
}
"""Two names of one setting."""
_KEYS = {
    *("LIVEKIT_API_KEY", "LIVEKIT_API_SECRET", "BEYOND_PRESENCE_API_KEY", "BEY_API_KEY"),
    *("BEYOND_PRESENCE_AVATAR_ID", "BEY_AVATAR_ID", "DEEPGRAM_API_KEY", "GOOGLE_API_KEY"),
    *("PLATFORM_API_KEY", "PLATFORM_JWT_SECRET", "OUTCOME_WEBHOOK_SECRET"),
    *("RECORDING_S3_ACCESS_KEY", "RECORDING_S3_SECRET"),
}
SECRETS = (_KEYS - {"BEYOND_PRESENCE_AVATAR_ID", "BEY_AVATAR_ID", "LIVEKIT_API_KEY"}) | {
    "REDIS_URL",
    "OUTCOME_WEBHOOK_URL",
}
"""Never shown, nor any part of them."""
_SECRET_MIN = 8
"""Shorter ones are words that stand elsewhere too."""
_STAND_INS = {
    "LIVEKIT_URL": "wss://unset.invalid",
    "LIVEKIT_API_KEY": "unset",
    "LIVEKIT_API_SECRET": "unset" * 8,
    "GOOGLE_API_KEY": "unset",
    "DEEPGRAM_API_KEY": "unset",
    "BEYOND_PRESENCE_API_KEY": "unset",
    "BEYOND_PRESENCE_AVATAR_ID": "unset",
}
"""In place of what is required and unusable; no check that needs the name sees it."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """What worker and endpoint would be started with."""

    environ: Mapping[str, str] = field(repr=False)
    """The environment, and behind it `.env`."""
    worker: WorkerSettings
    endpoint: EndpointSettings
    problems: Mapping[str, str]
    """Each name that cannot be used, and why; under "" what no single name is to blame for."""
    parts: frozenset[str]
    """`worker`, `endpoint` or both: whose settings these are."""
    file_problems: tuple[str, ...] = ()
    """What is wrong with `.env` itself."""
    overruled: tuple[str, ...] = ()
    """Settings that `.env` has, and the environment has otherwise: the environment wins."""

    def lacks(self, *names: str) -> str:
        """Why a check that needs these settings cannot be made; empty: it can."""
        other = {same: name for name, same in _SAME.items()}
        wrong = [name for name in names if {name, other.get(name)} & self.problems.keys()]
        verb = "are" if len(wrong) > 1 else "is"
        return f"{' and '.join(wrong)} {verb} not usable: see above" if wrong else ""


def read_settings(
    environ: Mapping[str, str], *, parts: frozenset[str], file: Path | None = None
) -> Given:
    """Read what there is.

    Args:
        parts: whose settings are demanded.
        file: the `.env`, which the environment wins over.
    """
    written, file_problems = _written(file) if file else ({}, ())
    merged = {**written, **environ}
    problems: dict[str, str] = {}
    if "worker" in parts:
        problems |= WorkerSettings.problems(merged)
    if "endpoint" in parts:
        ours = EndpointSettings.problems(merged)
        both = [text for text in (problems.get(""), ours.get("")) if text]
        problems |= ours
        if both:
            problems[""] = "\n".join(dict.fromkeys("\n".join(both).splitlines()))
    known = known_names()
    for name in known & merged.keys():
        if value := merged[name]:
            flaw = (ascii_flaw_of if name in _KEYS else flaw_of)(value)
            if flaw:
                problems[name] = flaw
    usable = {k: v for k, v in merged.items() if k not in problems}
    return Given(
        environ=merged,
        worker=_read(WorkerSettings, usable),
        endpoint=_read(EndpointSettings, usable),
        problems=problems,
        parts=parts,
        file_problems=file_problems,
        overruled=tuple(n for n in sorted(known & written.keys()) if merged[n] != written[n]),
    )


def known_names() -> set[str]:
    """Every setting of worker and endpoint."""
    return WorkerSettings.names() | EndpointSettings.names()


def _read(settings: type[S], usable: Mapping[str, str]) -> S:
    # A part that is not asked about may be wrong in names nobody checked.
    wrong = {name for name in settings.problems(usable) if name}
    usable = settings.set_in({k: v for k, v in usable.items() if k not in wrong})
    missing = {k: v for k, v in _STAND_INS.items() if k in settings.names()}
    same = {v for k, v in _SAME.items() if k in usable}
    return settings.model_validate({k: v for k, v in missing.items() if k not in same} | usable)


def _written(file: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """What `.env` says, and what is wrong with it."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}, ()
    except OSError as e:
        return {}, (f"cannot be read: {e.strerror}",)
    except UnicodeDecodeError:
        return {}, ("is not UTF-8 text",)
    lines = [binding.original.line for binding in parse_stream(io.StringIO(text)) if binding.error]
    broken = tuple(f"line {line} is no NAME=value, and is ignored" for line in lines)
    values = dotenv_values(stream=io.StringIO(text))
    return {name: value for name, value in values.items() if value is not None}, broken


def secret_values(environ: Mapping[str, str]) -> list[str]:
    """Every secret there is, for whoever has to keep them out of a text; none too short to tell."""
    found = [value for name in SECRETS if (value := environ.get(name))]
    for address in [value for value in found if "://" in value]:
        with suppress(ValueError):  # no address after all
            found.append(urlsplit(address).password or "")
    return [value for value in found if len(value) >= _SECRET_MIN]


def plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
