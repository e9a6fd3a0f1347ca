"""What the endpoint demands of its environment."""

from __future__ import annotations

import pytest

from agent.core.errors import ConfigError
from agent.core.settings import EndpointSettings

LIVEKIT = {
    "LIVEKIT_URL": "https://project.livekit.cloud",
    "LIVEKIT_API_KEY": "key",
    "LIVEKIT_API_SECRET": "secret",
}


def test_everything_missing_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as error:
        EndpointSettings.from_env({})
    for name in (*LIVEKIT, "PLATFORM_API_KEY", "PLATFORM_JWT_SECRET"):
        assert name in str(error.value)


def test_what_is_unusable_is_named_beside_what_is_missing() -> None:
    with pytest.raises(ConfigError) as error:
        EndpointSettings.from_env({**LIVEKIT, "TOKEN_TTL_S": "x"})
    assert "TOKEN_TTL_S" in str(error.value)
    assert "PLATFORM_JWT_SECRET" in str(error.value)


def test_without_credentials_it_refuses_to_start() -> None:
    with pytest.raises(ConfigError, match="PLATFORM_API_KEY"):
        EndpointSettings.from_env(LIVEKIT)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PLATFORM_API_KEY", "short"),
        ("PLATFORM_JWT_SECRET", "x" * 31),
        ("CONTINUE_URL", "javascript:alert(1)"),
        ("TOKEN_TTL_S", "1"),
    ],
)
def test_an_unusable_value_is_named_and_not_shown(name: str, value: str) -> None:
    with pytest.raises(ConfigError) as error:
        EndpointSettings.from_env({**LIVEKIT, "PLATFORM_API_KEY": "k" * 16, name: value})
    assert name in str(error.value)
    assert value not in str(error.value) or len(value) == 1


def test_it_needs_no_providers_key_and_gives_browsers_a_websocket_address() -> None:
    settings = EndpointSettings.from_env({**LIVEKIT, "PLATFORM_API_KEY": "k" * 16})
    assert settings.public_url == "wss://project.livekit.cloud"
    assert settings.token_ttl_s == 900
    assert settings.cors_allowed_origins == []


def test_an_empty_agent_name_means_automatic_dispatch() -> None:
    given = {**LIVEKIT, "PLATFORM_API_KEY": "k" * 16, "LIVEKIT_AGENT_NAME": ""}
    assert EndpointSettings.from_env(given).livekit_agent_name == ""


def test_secrets_are_not_in_its_repr() -> None:
    settings = EndpointSettings.from_env({**LIVEKIT, "PLATFORM_API_KEY": "k" * 16})
    assert "secret'" not in repr(settings).replace("api_secret", "")
    assert "k" * 16 not in repr(settings)
