"""The file `.env` in the current folder; variables of the environment win over it."""

from __future__ import annotations

from dotenv import load_dotenv

from agent.core.errors import ConfigError


def load_env_file() -> None:
    """Add the variables of `.env` to the environment; do nothing if there is no such file.

    Raises:
        ConfigError: the file cannot be read.
    """
    try:
        load_dotenv(".env", override=False)
    except OSError as e:
        raise ConfigError(
            f".env cannot be read ({e.strerror}): let this user read it, or remove it"
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(".env is not UTF-8 text: save it as UTF-8, or remove it") from None
