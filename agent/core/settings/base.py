"""Base class of settings: reads environment variables into a frozen object, or raises
ConfigError. Variables of the environment win over those of the file `.env`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self, get_args
from urllib.parse import urlsplit

from dotenv import load_dotenv
from dotenv.parser import parse_stream
from pydantic import AliasChoices, BaseModel, ConfigDict, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from agent.core.errors import ConfigError

_EMPTY_MEANS_SOMETHING = {
    "LIVEKIT_AGENT_NAME",
    "GEMINI_FALLBACK_MODEL",
    "GEMINI_STT_MODEL",
    "FALLBACK_VOICE",
}
"""For these, empty is a value (automatic dispatch, no fallback). Other empty variables count as not
set."""


def load_env_file() -> None:
    """Add the variables of `.env` to the environment. Raises ConfigError."""
    load_dotenv(stream=io.StringIO(read_env_file()), override=False)


def read_env_file() -> str:
    """Return the text of `.env`; empty if there is no such file. Raises ConfigError."""
    try:
        text = Path(".env").read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except OSError as e:
        raise ConfigError(
            f".env cannot be read ({e.strerror}): let this user read it, or remove it"
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(".env is not UTF-8 text: save it as UTF-8, or remove it") from None
    if wrong := wrong_lines(text):
        raise ConfigError(f".env {wrong[0]}: correct it, or remove it")
    return text


def wrong_lines(text: str) -> list[str]:
    """Return what is wrong with the lines of an `.env`, without values."""
    bindings = parse_stream(io.StringIO(text))
    return [f"line {b.original.line} is not NAME=value" for b in bindings if b.error]


class Settings(BaseModel):
    """A field is a variable in lower case."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=str.upper, hide_input_in_errors=True
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings. Raises ConfigError, which names all wrong variables, never a value."""
        if problems := cls.problems(environ):
            raise ConfigError(_explain(problems))
        return cls.model_validate(cls.set_in(environ))

    @classmethod
    def problems(cls, environ: Mapping[str, str]) -> dict[str, str]:
        """Return what `from_env` would report, by variable, without values.

        Problems that involve several variables are under "", one in each line.
        """
        values = cls.set_in(environ)
        found: dict[str, str] = {}
        try:
            cls.model_validate(values)
        except ValidationError as e:
            for error in e.errors():
                found[str(error["loc"][0])] = _why(error)
        if incomplete := "\n".join(cls._incomplete(values)):
            found[""] = incomplete
        return found

    @staticmethod
    def set_in(environ: Mapping[str, str]) -> dict[str, str]:
        """Return the variables that are set; empty ones count as not set, with exceptions."""
        return {k: v for k, v in environ.items() if v != "" or k in _EMPTY_MEANS_SOMETHING}

    @classmethod
    def _incomplete(cls, values: Mapping[str, str]) -> Iterator[str]:
        """Yield what is wrong with several variables together, such as one that another needs."""
        yield from ()

    def secrets(self) -> list[str]:
        """Return all values that must not be shown, and the passwords in addresses."""
        secret = [name for name, field in type(self).model_fields.items() if _is_secret(field)]
        values = [getattr(self, name) for name in secret]
        found = [v.get_secret_value() if isinstance(v, SecretStr) else str(v) for v in values if v]
        addresses = [value for value in found if "://" in value]
        return [*found, *filter(None, (urlsplit(address).password for address in addresses))]

    @classmethod
    def names(cls) -> set[str]:
        """Return the names of all variables that these settings read, aliases included."""
        return _variables(cls.model_fields)

    @classmethod
    def secret_names(cls) -> set[str]:
        """Return the names of the variables whose values must not be shown, aliases included."""
        return _variables({name: f for name, f in cls.model_fields.items() if _is_secret(f)})


def _variables(fields: Mapping[str, FieldInfo]) -> set[str]:
    found: set[str] = set()
    for name, field in fields.items():
        alias = field.validation_alias
        choices = alias.choices if isinstance(alias, AliasChoices) else [alias or name.upper()]
        found |= {str(choice) for choice in choices}
    return found


def _is_secret(field: FieldInfo) -> bool:
    return not field.repr or _contains_secret(field.annotation)


def _contains_secret(annotation: object) -> bool:
    return annotation is SecretStr or any(map(_contains_secret, get_args(annotation)))


_MISSING = "is missing"


def _explain(problems: Mapping[str, str]) -> str:
    missing = [name for name, why in problems.items() if why == _MISSING]
    wrong = [f"{name}: {why}" for name, why in problems.items() if name and why != _MISSING]
    lines = []
    if missing:
        lines.append("missing from the environment or .env: " + ", ".join(missing))
    if incomplete := problems.get(""):
        lines.append(incomplete)
    if wrong:
        lines.append("invalid: " + "; ".join(wrong))
    return "\n".join([*lines, "See .env.example for the meaning of each variable."])


_KINDS = {"int": "a whole number", "float": "a number", "bool": "true or false"}


def _why(error: ErrorDetails) -> str:
    """Explain in plain words why a value is invalid."""
    bounds = error.get("ctx", {})
    kind, _, how = error["type"].partition("_")
    if kind in _KINDS and how in ("type", "parsing", "from_float"):
        return f"must be {_KINDS[kind]}"
    match error["type"]:
        case "missing":
            return _MISSING
        case "literal_error":
            return f"must be one of {bounds['expected']}"
        case "greater_than_equal":
            return f"must be at least {bounds['ge']:.10g}"
        case "greater_than":
            return f"must be more than {bounds['gt']:.10g}"
        case "less_than_equal":
            return f"must be at most {bounds['le']:.10g}"
        case "less_than":
            return f"must be less than {bounds['lt']:.10g}"
        case _:
            return error["msg"].removeprefix("Value error, ")
