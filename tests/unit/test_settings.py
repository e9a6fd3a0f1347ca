"""Settings are read from the environment, and errors name every variable."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import AliasChoices

from agent.core.errors import ConfigError
from agent.core.settings import EndpointSettings, LlmSettings, VoiceSettings, WorkerSettings
from tests.support.canaries import canary, check, with_canaries
from tests.support.environments import WORKER

ROOT = Path(__file__).resolve().parents[2]
LIVEKIT = {name: value for name, value in WORKER.items() if name.startswith("LIVEKIT")}


def test_settings_name_all_missing_variables_at_once() -> None:
    credentials = ("PLATFORM_API_KEY", "PLATFORM_JWT_SECRET")
    for kind, names in (
        (WorkerSettings, tuple(WORKER)),
        (EndpointSettings, (*LIVEKIT, *credentials)),
    ):
        with pytest.raises(ConfigError) as error:
            kind.from_env({})
        for name in names:
            assert name in str(error.value)


def test_endpoint_settings_name_invalid_and_missing_variables_together() -> None:
    with pytest.raises(ConfigError) as error:
        EndpointSettings.from_env({**LIVEKIT, "TOKEN_TTL_S": "x"})
    assert "TOKEN_TTL_S" in str(error.value)
    assert "PLATFORM_JWT_SECRET" in str(error.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PLATFORM_API_KEY", "short"),
        ("PLATFORM_JWT_SECRET", "x" * 31),
        ("CONTINUE_URL", "javascript:alert(1)"),
        ("TOKEN_TTL_S", "1"),
    ],
)
def test_endpoint_settings_refuse_unsafe_values(name: str, value: str) -> None:
    given = {**LIVEKIT, "PLATFORM_API_KEY": "p" * 16}
    assert set(EndpointSettings.problems({**given, name: value})) == {name}


def test_settings_and_their_errors_show_no_secret() -> None:
    env, hidden = with_canaries("127.0.0.1:1")
    password = canary()
    env |= {
        "LIVEKIT_URL": "ws://127.0.0.1:1",
        "LIVEKIT_API_KEY": "k",
        "REDIS_URL": f"redis://:{password}@127.0.0.1:1/0",
    }
    hidden = [*hidden, password]
    for kind in (EndpointSettings, WorkerSettings):
        settings = kind.from_env(env)
        check(f"{settings!r} {settings!s} {settings.model_copy()!r}", hidden)
        known = "\n".join(settings.secrets())
        ours = {n: v for n, v in env.items() if n in kind.names() and "canary" in v}
        assert all(value in known for value in ours.values())
        assert password in settings.secrets()
        for name in kind.names():
            try:
                kind.from_env({**env, name: hidden[0] + " \x00"})
            except ConfigError as e:
                check(str(e), hidden)
                check(repr(e.__context__), hidden)


def test_llm_settings_need_the_google_key_only() -> None:
    assert LlmSettings.from_env({"GOOGLE_API_KEY": "g"}).google_api_key.get_secret_value() == "g"
    with pytest.raises(ConfigError, match=r"^missing[^\n]*: GOOGLE_API_KEY\n"):
        LlmSettings.from_env({})


def test_endpoint_settings_need_no_provider_keys() -> None:
    settings = EndpointSettings.from_env({**LIVEKIT, "PLATFORM_API_KEY": "p" * 16})
    assert settings.livekit_agent_name == "training-greeter"


def test_avatar_settings_accept_the_plugins_names() -> None:
    environ = {k: v for k, v in WORKER.items() if not k.startswith("BEYOND")}
    settings = WorkerSettings.from_env({**environ, "BEY_API_KEY": "k", "BEY_AVATAR_ID": "a"})
    assert settings.beyond_presence_avatar_id == "a"


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("DEEPGRAM_API_KEY", "deepgram\n", "starts or ends with white space"),
        ("LIVEKIT_API_SECRET", '"the-livekit-secret"', "is in quotes"),
        ("GOOGLE_API_KEY", "\ufeffgoogle", "contains characters that no key has"),
        ("BEYOND_PRESENCE_AVATAR_ID", "ava\ttar", "contains a line break or"),
        ("RECORDING_S3_SECRET", " s3", "starts or ends with white space"),
        ("PLATFORM_API_KEY", "p" * 16 + "\n", "starts or ends with white space"),
        ("PLATFORM_JWT_SECRET", "s" * 32 + "\n", "starts or ends with white space"),
        ("LIVEKIT_URL", "wss://your-project.livekit.cloud", "is still a placeholder"),
        ("DEEPGRAM_API_KEY", "<deepgram>", "is still a placeholder"),
        ("GOOGLE_API_KEY", "your-api-key", "is still a placeholder"),
        ("LIVEKIT_API_SECRET", "xxxxxxxx", "is still a placeholder"),
        ("PLATFORM_JWT_SECRET", "change-me", "is still a placeholder"),
        ("LIVEKIT_URL", "wss://x.livekit.cloud ", "starts or ends with white space"),
        ("LIVEKIT_URL", "wss://key:secret@x.livekit.cloud", "must not contain a user"),
    ],
)
def test_settings_refuse_a_key_that_was_copied_with_something_else(
    name: str, value: str, why: str
) -> None:
    """Otherwise each call is refused, and greetings run without an avatar or without a voice."""
    kind = WorkerSettings if name in WorkerSettings.names() else EndpointSettings
    with pytest.raises(ConfigError) as error:
        kind.from_env({**WORKER, "PLATFORM_API_KEY": "p" * 16, name: value})
    assert f"invalid: {name}: {why}" in str(error.value)
    assert value.strip() not in str(error.value)


def test_swapped_livekit_keys_are_named() -> None:
    swapped = {"LIVEKIT_API_KEY": "s" * 43, "LIVEKIT_API_SECRET": "APIabcdefghijkl"}
    for kind in (WorkerSettings, EndpointSettings):
        with pytest.raises(ConfigError, match="swap LIVEKIT_API_KEY and LIVEKIT_API_SECRET"):
            kind.from_env({**WORKER, "PLATFORM_API_KEY": "p" * 16, **swapped})


def test_jwt_secret_may_be_a_sentence() -> None:
    """It is not sent in a header."""
    secret = "ein langer Satz für die Plattform, mit Leerzeichen"
    settings = EndpointSettings.from_env({**WORKER, "PLATFORM_JWT_SECRET": secret})
    assert settings.platform_jwt_secrets == [secret]


def test_https_livekit_url_becomes_wss() -> None:
    settings = WorkerSettings.from_env({**WORKER, "LIVEKIT_URL": "https://x.livekit.cloud/"})
    assert settings.public_url == "wss://x.livekit.cloud"


@pytest.mark.parametrize(
    "name", ["LIVEKIT_URL", "ENDPOINT_URL", "BEY_API_URL", "DEEPGRAM_BASE_URL"]
)
@pytest.mark.parametrize("rest", ["host:port", "host:99999", "[::1", "[x]"])
def test_invalid_addresses_are_rejected(name: str, rest: str) -> None:
    scheme = "wss" if name == "LIVEKIT_URL" else "https"
    with pytest.raises(
        ConfigError, match=f"invalid: {name}: is not a valid address: check its port"
    ):
        WorkerSettings.from_env({**WORKER, name: f"{scheme}://{rest}"})


def test_empty_variables_count_as_not_set_except_the_agent_name() -> None:
    settings = WorkerSettings.from_env({**WORKER, "MAX_JOBS": "", "LIVEKIT_AGENT_NAME": ""})
    assert settings.max_jobs == 10
    assert settings.livekit_agent_name == ""
    with pytest.raises(ConfigError, match="GOOGLE_API_KEY"):
        WorkerSettings.from_env({**WORKER, "GOOGLE_API_KEY": ""})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MAX_JOBS", "many", "must be a whole number"),
        ("MAX_JOBS", "1.5", "must be a whole number"),
        ("RETENTION_DAYS", "soon", "must be a number"),
        ("RETENTION_DAYS", "-1", "must be more than 0"),
        ("AGENT_HTTP_PORT", "99999", "must be at most 65535"),
        ("RETURN_GRACE_S", "30", "must be at most 25"),  # LiveKit closes the room first
        ("AVATAR_MINUTES_PER_DAY", "99999999", "must be at most 1000000"),
        ("LOG_FORMAT", "xml", "must be one of 'json' or 'text'"),
        ("GOOGLE_CLOUD_LOCATION", "eu # EU", "must be a location, like eu or europe-west4"),
    ],
)
def test_errors_say_what_a_value_must_be(name: str, value: str, said: str) -> None:
    assert WorkerSettings.problems({**WORKER, name: value}) == {name: said}


def test_key_of_a_service_account_is_refused_in_place_of_its_path() -> None:
    """`doctor` and Google's library print the path."""
    name, key = "GOOGLE_APPLICATION_CREDENTIALS", '{"private_key": "-----BEGIN"}'
    with pytest.raises(ConfigError) as error:
        WorkerSettings.from_env({**WORKER, name: key})
    assert f"{name}: must be the path of the key's file, not its content" in str(error.value)
    assert "private_key" not in str(error.value)


def test_env_example_lists_every_setting_and_no_other() -> None:
    known: set[str] = set()
    for settings in (WorkerSettings, EndpointSettings, VoiceSettings):
        for name, field in settings.model_fields.items():
            alias = field.validation_alias
            first = alias.choices[0] if isinstance(alias, AliasChoices) else alias
            known.add(str(first or name.upper()))
    example = (ROOT / ".env.example").read_text()
    listed = set(re.findall(r"^([A-Z0-9_]+)=", example, re.MULTILINE))
    assert listed == known


def test_env_example_has_the_real_defaults() -> None:
    example = dict(
        re.findall(r"^([A-Z_]+)=(.+)$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    )
    example.pop("LIVEKIT_URL")
    given = {**WORKER, "PLATFORM_API_KEY": "p" * 16}
    for settings in (WorkerSettings, EndpointSettings):
        assert settings.from_env({**given, **example}) == settings.from_env(given)


def test_deepgram_address_has_no_path() -> None:
    for given in ("https://api.deepgram.com/v1", "https://proxy.example/deepgram"):
        with pytest.raises(ConfigError, match=r"DEEPGRAM_BASE_URL: .*/v1/listen and /v1/speak are"):
            WorkerSettings.from_env({**WORKER, "DEEPGRAM_BASE_URL": given})
    settings = WorkerSettings.from_env({**WORKER, "DEEPGRAM_BASE_URL": "http://127.0.0.1:9/"})
    assert settings.deepgram_base_url == "http://127.0.0.1:9"


@pytest.mark.parametrize("name", ["BEY_API_URL", "GOOGLE_GEMINI_BASE_URL"])
def test_provider_address_keeps_a_proxys_path_and_rejects_a_version(name: str) -> None:
    settings = WorkerSettings.from_env({**WORKER, name: "https://proxy.example/provider/"})
    assert getattr(settings, name.lower()) == "https://proxy.example/provider"
    for wrong in ("https://a.example/v1", "https://a.example/v1beta/", "https://a.example?x=1"):
        with pytest.raises(ConfigError, match=name):
            WorkerSettings.from_env({**WORKER, name: wrong})


def test_avatar_of_prefers_the_scripts_name_then_its_folder() -> None:
    settings = WorkerSettings.from_env(
        {**WORKER, "BEYOND_PRESENCE_AVATARS": "forklift=driver-id, coach=coach-id"}
    )
    assert settings.avatar_of("food_hygiene", None) == "avatar"
    assert settings.avatar_of("forklift", None) == "driver-id"
    assert settings.avatar_of("forklift", "coach") == "coach-id"
    assert settings.avatar_of("forklift", "nobody") == "driver-id"


def test_no_avatar_budget_differs_from_a_budget_of_zero() -> None:
    assert WorkerSettings.from_env(WORKER).avatar_minutes_per_day is None
    none = WorkerSettings.from_env({**WORKER, "AVATAR_MINUTES_PER_DAY": ""})
    assert none.avatar_minutes_per_day is None
    never = WorkerSettings.from_env({**WORKER, "AVATAR_MINUTES_PER_DAY": "0"})
    assert never.avatar_minutes_per_day == 0
    for wrong in ("-1", "nan", "inf", "many"):
        with pytest.raises(ConfigError, match="AVATAR_MINUTES_PER_DAY"):
            WorkerSettings.from_env({**WORKER, "AVATAR_MINUTES_PER_DAY": wrong})


def test_settings_report_everything_that_is_incomplete() -> None:
    hook = {"OUTCOME_WEBHOOK_URL": "https://platform.example.com/outcomes"}
    with pytest.raises(ConfigError) as e:
        WorkerSettings.from_env({**WORKER, **hook, "RECORDING": "egress"})
    assert "OUTCOME_WEBHOOK_SECRET" in str(e.value)
    assert "RECORDING=egress needs a bucket" in str(e.value)


@pytest.mark.parametrize("health", [{}, {"AGENT_HTTP_PORT": "8081"}])
def test_worker_metrics_need_a_port_of_their_own(health: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="AGENT_HTTP_PORT is the same"):
        WorkerSettings.from_env({**WORKER, **health, "AGENT_METRICS_PORT": "8081"})
    WorkerSettings.from_env({**WORKER, "AGENT_HTTP_PORT": "0", "AGENT_METRICS_PORT": "0"})


def test_outcome_webhook_needs_a_strong_secret() -> None:
    hook = {**WORKER, "OUTCOME_WEBHOOK_URL": "https://platform.example/outcomes"}
    with pytest.raises(ConfigError, match="OUTCOME_WEBHOOK_SECRET"):
        WorkerSettings.from_env(hook)
    for weak in ("whsec_c2hvcnQ=", "whsec_not base64!", "x" * 3):
        with pytest.raises(ConfigError, match="OUTCOME_WEBHOOK_SECRET: must be whsec_"):
            WorkerSettings.from_env({**hook, "OUTCOME_WEBHOOK_SECRET": weak})
    secret = "whsec_" + "QUJD" * 8
    settings = WorkerSettings.from_env({**hook, "OUTCOME_WEBHOOK_SECRET": secret})
    assert settings.outcome_webhook_secret.get_secret_value() == secret
    assert secret not in repr(settings)
