"""Settings of the token endpoint."""

from __future__ import annotations

import pytest

from agent.core.errors import ConfigError
from agent.core.settings import EndpointSettings

LIVEKIT = {
    "LIVEKIT_URL": "https://project.livekit.cloud",
    "LIVEKIT_API_KEY": "key",
    "LIVEKIT_API_SECRET": "secret",
}


def test_endpoint_settings_name_all_missing_variables_at_once() -> None:
    with pytest.raises(ConfigError) as error:
        EndpointSettings.from_env({})
    for name in (*LIVEKIT, "PLATFORM_API_KEY", "PLATFORM_JWT_SECRET"):
        assert name in str(error.value)


def test_endpoint_settings_name_invalid_and_missing_variables_together() -> None:
    with pytest.raises(ConfigError) as error:
        EndpointSettings.from_env({**LIVEKIT, "TOKEN_TTL_S": "x"})
    assert "TOKEN_TTL_S" in str(error.value)
    assert "PLATFORM_JWT_SECRET" in str(error.value)


def test_endpoint_settings_need_a_credential() -> None:
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
def test_endpoint_settings_errors_do_not_show_the_value(name: str, value: str) -> None:
    with pytest.raises(ConfigError) as error:
        EndpointSettings.from_env({**LIVEKIT, "PLATFORM_API_KEY": "k" * 16, name: value})
    assert name in str(error.value)
    assert value not in str(error.value) or len(value) == 1


def test_endpoint_settings_have_a_websocket_address_for_browsers() -> None:
    settings = EndpointSettings.from_env({**LIVEKIT, "PLATFORM_API_KEY": "k" * 16})
    assert settings.public_url == "wss://project.livekit.cloud"
    assert settings.token_ttl_s == 900
    assert settings.cors_allowed_origins == []


def test_endpoint_settings_accept_an_empty_agent_name() -> None:
    given = {**LIVEKIT, "PLATFORM_API_KEY": "k" * 16, "LIVEKIT_AGENT_NAME": ""}
    assert EndpointSettings.from_env(given).livekit_agent_name == ""


def test_endpoint_settings_repr_hides_secrets() -> None:
    settings = EndpointSettings.from_env({**LIVEKIT, "PLATFORM_API_KEY": "k" * 16})
    assert "secret'" not in repr(settings).replace("api_secret", "")
    assert "k" * 16 not in repr(settings)
