"""The environment is read once, whole, and says what is wrong with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import AliasChoices

from agent.core.errors import ConfigError
from agent.core.settings import EndpointSettings, LlmSettings, VoiceSettings, WorkerSettings

ROOT = Path(__file__).resolve().parents[2]

WORKER = {
    "LIVEKIT_URL": "wss://x.livekit.cloud",
    "LIVEKIT_API_KEY": "key",
    "LIVEKIT_API_SECRET": "the-livekit-secret",
    "BEYOND_PRESENCE_API_KEY": "bey",
    "BEYOND_PRESENCE_AVATAR_ID": "avatar",
    "DEEPGRAM_API_KEY": "deepgram",
    "GOOGLE_API_KEY": "google",
}


def test_all_missing_names_are_in_one_message() -> None:
    with pytest.raises(ConfigError) as error:
        WorkerSettings.from_env({})
    for name in WORKER:
        assert name in str(error.value)


def test_text_console_needs_only_the_llms_key() -> None:
    assert LlmSettings.from_env({"GOOGLE_API_KEY": "g"}).google_api_key.get_secret_value() == "g"
    with pytest.raises(ConfigError, match=r"^missing[^\n]*: GOOGLE_API_KEY\n"):
        LlmSettings.from_env({})


def test_endpoint_needs_no_provider_key() -> None:
    livekit = {k: v for k, v in WORKER.items() if k.startswith("LIVEKIT")}
    settings = EndpointSettings.from_env({**livekit, "PLATFORM_API_KEY": "p" * 16})
    assert settings.livekit_agent_name == "training-greeter"


def test_plugin_names_of_the_avatar_settings_work_too() -> None:
    environ = {k: v for k, v in WORKER.items() if not k.startswith("BEYOND")}
    settings = WorkerSettings.from_env({**environ, "BEY_API_KEY": "k", "BEY_AVATAR_ID": "a"})
    assert settings.beyond_presence_avatar_id == "a"


def test_https_address_becomes_wss_because_beyond_presence_refuses_anything_else() -> None:
    settings = WorkerSettings.from_env({**WORKER, "LIVEKIT_URL": "https://x.livekit.cloud/"})
    assert settings.public_url == "wss://x.livekit.cloud"


@pytest.mark.parametrize(
    "name", ["LIVEKIT_URL", "ENDPOINT_URL", "BEY_API_URL", "DEEPGRAM_BASE_URL"]
)
@pytest.mark.parametrize("rest", ["host:port", "host:99999", "[::1", "[x]"])
def test_an_address_with_an_impossible_port_or_host_is_named_at_the_start(
    name: str, rest: str
) -> None:
    scheme = "wss" if name == "LIVEKIT_URL" else "https"
    with pytest.raises(ConfigError, match=f"unusable: {name}: is no address: check its port"):
        WorkerSettings.from_env({**WORKER, name: f"{scheme}://{rest}"})


def test_empty_means_not_given_but_for_the_agent_name() -> None:
    settings = WorkerSettings.from_env({**WORKER, "MAX_JOBS": "", "LIVEKIT_AGENT_NAME": ""})
    assert settings.max_jobs == 10
    assert settings.livekit_agent_name == ""
    with pytest.raises(ConfigError, match="GOOGLE_API_KEY"):
        WorkerSettings.from_env({**WORKER, "GOOGLE_API_KEY": ""})


def test_unusable_value_is_named_but_never_shown() -> None:
    with pytest.raises(ConfigError) as error:
        WorkerSettings.from_env({**WORKER, "MAX_JOBS": "secret-looking-value"})
    assert "MAX_JOBS" in str(error.value)
    assert "secret-looking-value" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MAX_JOBS", "many", "must be a whole number"),
        ("MAX_JOBS", "1.5", "must be a whole number"),
        ("RETENTION_DAYS", "soon", "must be a number"),
        ("RETENTION_DAYS", "-1", "must be more than 0"),
        ("AGENT_HTTP_PORT", "99999", "must be at most 65535"),
        ("AVATAR_MINUTES_PER_DAY", "99999999", "must be at most 1000000"),
        ("LOG_FORMAT", "xml", "must be one of 'json' or 'text'"),
    ],
)
def test_a_refusal_is_in_an_operators_words(name: str, value: str, said: str) -> None:
    assert WorkerSettings.problems({**WORKER, name: value}) == {name: said}


def test_secrets_are_in_no_repr() -> None:
    assert "the-livekit-secret" not in repr(WorkerSettings.from_env(WORKER))


def test_every_setting_is_in_the_example_and_nothing_else_is() -> None:
    known: set[str] = set()
    for settings in (WorkerSettings, EndpointSettings, VoiceSettings):
        for name, field in settings.model_fields.items():
            alias = field.validation_alias
            first = alias.choices[0] if isinstance(alias, AliasChoices) else alias
            known.add(str(first or name.upper()))
    example = (ROOT / ".env.example").read_text()
    listed = set(re.findall(r"^([A-Z0-9_]+)=", example, re.MULTILINE))
    assert listed == known


def test_defaults_in_the_example_are_the_real_ones() -> None:
    example = dict(
        re.findall(r"^([A-Z_]+)=(.+)$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    )
    example.pop("LIVEKIT_URL")
    given = {**WORKER, "PLATFORM_API_KEY": "p" * 16}
    for settings in (WorkerSettings, EndpointSettings):
        assert settings.from_env({**given, **example}) == settings.from_env(given)


def test_deepgrams_address_is_scheme_and_host_alone() -> None:
    for given in ("https://api.deepgram.com/v1", "https://proxy.example/deepgram"):
        with pytest.raises(ConfigError, match=r"DEEPGRAM_BASE_URL: .*/v1/listen and /v1/speak are"):
            WorkerSettings.from_env({**WORKER, "DEEPGRAM_BASE_URL": given})
    settings = WorkerSettings.from_env({**WORKER, "DEEPGRAM_BASE_URL": "http://127.0.0.1:9/"})
    assert settings.deepgram_base_url == "http://127.0.0.1:9"


@pytest.mark.parametrize("name", ["BEY_API_URL", "GOOGLE_GEMINI_BASE_URL"])
def test_a_proxys_path_is_kept_and_a_version_refused_because_it_is_added(name: str) -> None:
    settings = WorkerSettings.from_env({**WORKER, name: "https://proxy.example/provider/"})
    assert getattr(settings, name.lower()) == "https://proxy.example/provider"
    for wrong in ("https://a.example/v1", "https://a.example/v1beta/", "https://a.example?x=1"):
        with pytest.raises(ConfigError, match=name):
            WorkerSettings.from_env({**WORKER, name: wrong})


def test_avatar_is_the_scripts_wish_then_the_scripts_own_then_the_usual_one() -> None:
    settings = WorkerSettings.from_env(
        {**WORKER, "BEYOND_PRESENCE_AVATARS": "forklift=driver-id, coach=coach-id"}
    )
    assert settings.avatar_of("food_hygiene", None) == "avatar"
    assert settings.avatar_of("forklift", None) == "driver-id"
    assert settings.avatar_of("forklift", "coach") == "coach-id"
    assert settings.avatar_of("forklift", "nobody") == "driver-id"


def test_no_budget_is_not_a_budget_of_nothing() -> None:
    assert WorkerSettings.from_env(WORKER).avatar_minutes_per_day is None
    none = WorkerSettings.from_env({**WORKER, "AVATAR_MINUTES_PER_DAY": ""})
    assert none.avatar_minutes_per_day is None
    never = WorkerSettings.from_env({**WORKER, "AVATAR_MINUTES_PER_DAY": "0"})
    assert never.avatar_minutes_per_day == 0
    for wrong in ("-1", "nan", "inf", "many"):
        with pytest.raises(ConfigError, match="AVATAR_MINUTES_PER_DAY"):
            WorkerSettings.from_env({**WORKER, "AVATAR_MINUTES_PER_DAY": wrong})


def test_an_outcome_is_never_sent_unsigned_and_a_weak_secret_is_refused() -> None:
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
