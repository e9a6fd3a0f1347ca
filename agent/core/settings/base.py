"""How an environment becomes a frozen object, and how what is wrong with it is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self
from urllib.parse import urlsplit

from pydantic import AliasChoices, BaseModel, ConfigDict, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from agent.core.errors import ConfigError

_EMPTY_MEANS_SOMETHING = {"LIVEKIT_AGENT_NAME", "GEMINI_FALLBACK_MODEL", "FALLBACK_VOICE"}
"""Set but empty is a value here (automatic dispatch, no fallback); everywhere else it means 'not
given'."""


class Settings(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=str.upper, hide_input_in_errors=True
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read this process's settings.

        Raises:
            ConfigError: names every variable that is missing or unusable; never a value.
        """
        given = cls.set_in(environ)
        lacking = cls._lacking(given)
        try:
            settings = cls.model_validate(given)
        except ValidationError as e:
            raise ConfigError(_explain(e.errors(), lacking)) from None
        if lacking:
            raise ConfigError(_explain([], lacking))
        return settings

    @classmethod
    def problems(cls, environ: Mapping[str, str]) -> dict[str, str]:
        """What `from_env` would refuse, by name, and why, never a value; under "" what no single
        name is to blame for."""
        given = cls.set_in(environ)
        found: dict[str, str] = {}
        try:
            cls.model_validate(given)
        except ValidationError as e:
            for error in e.errors():
                missing = error["type"] == "missing"
                found[str(error["loc"][0])] = "is missing" if missing else _why(error)
        return found | ({"": lacking} if (lacking := cls._lacking(given)) else {})

    @staticmethod
    def set_in(environ: Mapping[str, str]) -> dict[str, str]:
        """The environment without what is empty, where empty means 'not given'."""
        return {k: v for k, v in environ.items() if v != "" or k in _EMPTY_MEANS_SOMETHING}

    @classmethod
    def _lacking(cls, given: Mapping[str, str]) -> str:
        """What is missing though no single name is required; one sentence, or empty."""
        return ""

    def secrets(self) -> list[str]:
        """Every value that must not be shown, a password in an address too."""
        found: list[str] = []
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if isinstance(value, SecretStr):
                found.append(value.get_secret_value())
            elif not field.repr:
                found.append(str(value))
        addresses = [value for value in found if "://" in value]
        return [*found, *filter(None, (urlsplit(address).password for address in addresses))]

    @classmethod
    def names(cls) -> set[str]:
        """Every variable this process reads, its aliases too."""
        found: set[str] = set()
        for name, field in cls.model_fields.items():
            alias = field.validation_alias
            choices = alias.choices if isinstance(alias, AliasChoices) else [alias or name.upper()]
            found |= {str(choice) for choice in choices}
        return found


def _explain(errors: list[ErrorDetails], lacking: str) -> str:
    missing = [str(e["loc"][0]) for e in errors if e["type"] == "missing"]
    wrong = [f"{e['loc'][0]}: {_why(e)}" for e in errors if e["type"] != "missing"]
    lines = []
    if missing:
        lines.append("missing from the environment or .env: " + ", ".join(missing))
    if lacking:
        lines.append(lacking)
    if wrong:
        lines.append("unusable: " + "; ".join(wrong))
    return "\n".join([*lines, "Every name is explained in .env.example."])


_KINDS = {"int": "a whole number", "float": "a number", "bool": "true or false"}


def _why(error: ErrorDetails) -> str:
    """Why a value is refused, in an operator's words and not in pydantic's."""
    bounds = error.get("ctx", {})
    kind, _, how = error["type"].partition("_")
    if kind in _KINDS and how in ("type", "parsing", "from_float"):
        return f"must be {_KINDS[kind]}"
    match error["type"]:
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
