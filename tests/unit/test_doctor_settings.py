"""`doctor` checks the environment and `.env`: values, names, and what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.cli.doctor.checks import settings
from agent.cli.doctor.configuration import (
    _SUBSTITUTES,
    read_configuration,
)
from agent.core.settings import EndpointSettings, WorkerSettings
from agent.core.settings.field_types import spelling_problem
from agent.core.settings.spelling import similar_setting
from tests.support.environments import BOTH_PARTS, BOTH_SERVICES


def report_lines(environ: dict[str, str], file: Path | None = None) -> list[str]:
    found = settings.check(read_configuration(environ, parts=BOTH_PARTS, file=file))
    return [f"{f.level} {f.check}: {f.what} -> {f.fix}" for f in found]


def test_settings_check_reports_valid_settings_in_one_line() -> None:
    [line] = report_lines(BOTH_SERVICES)
    assert line.startswith("ok settings: complete and valid: 9 are set")


def test_read_configuration_substitutes_required_settings() -> None:
    required = {
        str(name)
        for kind in (WorkerSettings, EndpointSettings)
        for name, why in kind.problems({}).items()
        if why == "is missing"
    }
    assert required == set(_SUBSTITUTES)
    config = read_configuration({}, parts=BOTH_PARTS)
    assert config.lacks("LIVEKIT_URL") == "LIVEKIT_URL is not usable: see above"
    assert "not usable" in config.lacks("LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")
    assert config.lacks("MAX_JOBS") == ""


def test_settings_check_reports_each_problem_in_its_own_line() -> None:
    found = report_lines(
        {
            "LIVEKIT_URL": "livekit.example.com",
            "BEYOND_PRESENCE_API_KEY": " sk-0123456789",
            "DEEPGRAM_API_KEY": "'dg-0123456789'",
            "GOOGLE_API_KEY": "<your-key>",
            "LIVEKIT_API_SECERT": "lk-secret-0123456789",
            "VOICES": "en",
            "OUTCOME_WEBHOOK_URL": "https://platform.example.com/outcomes",
            "CORS_ALLOWED_ORIGINS": "https://app.example.com/",
        }
    )
    expected = [
        "failed settings.BEYOND_PRESENCE_API_KEY: BEYOND_PRESENCE_API_KEY starts or ends",
        "failed settings.BEYOND_PRESENCE_AVATAR_ID: BEYOND_PRESENCE_AVATAR_ID is missing",
        "failed settings.DEEPGRAM_API_KEY: DEEPGRAM_API_KEY is in quotes",
        "failed settings.GOOGLE_API_KEY: GOOGLE_API_KEY is still a placeholder",
        "failed settings.LIVEKIT_API_KEY: LIVEKIT_API_KEY is missing",
        "failed settings.LIVEKIT_API_SECRET: LIVEKIT_API_SECRET is missing, and LIVEKIT_API_SECERT",
        "failed settings.LIVEKIT_URL: LIVEKIT_URL must look like wss://",
        "failed settings.VOICES: VOICES must look like name=value",
        "failed settings.OUTCOME_WEBHOOK_SECRET: set OUTCOME_WEBHOOK_SECRET",
        "failed settings.PLATFORM_API_KEY: set PLATFORM_API_KEY, PLATFORM_JWT_SECRET or "
        "PLATFORM_JWKS_URL",
        "failed settings.CORS_ALLOWED_ORIGINS: 1 of the 1 origins cannot match any page",
    ]
    for start in expected:
        assert any(line.startswith(start) for line in found), (start, found)
    assert len(found) == len(expected), found
    assert "0123456789" not in "\n".join(found)


@pytest.mark.parametrize(
    ("value", "flaw"),
    [
        ("sk-0123456789", ""),
        ("demo", ""),
        ("secret", ""),  # of `livekit-server --dev`
        ("AIzaSyD-thekeyisfine", ""),
        ("wss://x.livekit.cloud", ""),
        ('"sk-0123"', "quotes"),
        ("'sk-0123'", "quotes"),
        ("sk-0123 ", "white space"),
        ("sk-01\nsk-02", "line break"),
        ("your-api-key", "placeholder"),
        ("your-deepgram-key", "placeholder"),
        ("https://platform.your-domain.com", "placeholder"),
        ("<your-key>", "placeholder"),
        ("wss://your-project.livekit.cloud", "placeholder"),
        ("wss://<your-project>.livekit.cloud", "placeholder"),
        ("CHANGE_ME", "placeholder"),
        ("changeme", "placeholder"),
        ("xxxxxxxx", "placeholder"),
        ("sk-...", "placeholder"),
        ("null", "placeholder"),
        ("none", ""),  # the setting says which values it takes
        ("wss://livekit.your-fitness-club.com", ""),
        ("qx<3>v…9!kT", ""),  # made by a password manager
        ("schlüssel und zwei", ""),
    ],
)
def test_spelling_problem_names_the_mistake(value: str, flaw: str) -> None:
    found = spelling_problem(value)
    assert (flaw in found) if flaw else (found == "")


def test_read_configuration_accepts_what_the_processes_accept() -> None:
    secrets = {"PLATFORM_JWT_SECRET": "ein geheimer Satz der Plattform in 32 Byte"}
    assert not read_configuration({**BOTH_SERVICES, **secrets}, parts=BOTH_PARTS).problems
    keys = {"DEEPGRAM_API_KEY": "schlüssel", "BEYOND_PRESENCE_AVATAR_ID": "two words"}
    found = read_configuration({**BOTH_SERVICES, **keys}, parts=BOTH_PARTS).problems
    assert found.keys() == keys.keys()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("LIVEKIT_API_SECERT", "LIVEKIT_API_SECRET"),
        ("BEYOND_PRESENSE_API_KEY", "BEYOND_PRESENCE_API_KEY"),
        ("BEYONDPRESENCE_API_KEY", "BEYOND_PRESENCE_API_KEY"),
        ("livekit_url", "LIVEKIT_URL"),
        ("LIVEKIT-URL", "LIVEKIT_URL"),
        ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        ("DEEPGRAM_APIKEY", "DEEPGRAM_API_KEY"),
        ("LIVEKIT_URL", None),
        ("LIVEKIT_LOG_LEVEL", None),
        ("LIVEKIT_AGENT_NAME_OVERRIDE", None),
        ("GOOGLE_APPLICATION_CREDENTIALS", None),
        ("GOOGLE_CLOUD_PROJECT", None),
        ("PATH", None),
        ("HOME", None),
    ],
)
def test_similar_setting_finds_the_misspelled_setting(name: str, meant: str | None) -> None:
    assert similar_setting(name) == meant


def test_read_configuration_knows_both_names_of_a_setting() -> None:
    environ = {
        name: value for name, value in BOTH_SERVICES.items() if name != "BEYOND_PRESENCE_API_KEY"
    }
    config = read_configuration({**environ, "BEY_API_KEY": "<your-key>"}, parts=BOTH_PARTS)
    assert list(config.problems) == ["BEY_API_KEY"]
    assert config.lacks("BEYOND_PRESENCE_API_KEY")
    good = read_configuration({**environ, "BEY_API_KEY": "sk-1"}, parts=BOTH_PARTS)
    assert good.worker.beyond_presence_api_key.get_secret_value() == "sk-1"
    assert not good.lacks("BEYOND_PRESENCE_API_KEY")


def test_read_configuration_keeps_values_that_may_be_empty() -> None:
    empty = {"LIVEKIT_AGENT_NAME": "", "FALLBACK_VOICE": "", "MAX_JOBS": ""}
    worker = read_configuration({**BOTH_SERVICES, **empty}, parts=BOTH_PARTS).worker
    assert (worker.livekit_agent_name, worker.fallback_voice, worker.max_jobs) == ("", "", 10)


def test_settings_check_warns_of_a_misspelled_optional_setting() -> None:
    [line, _] = sorted(report_lines({**BOTH_SERVICES, "MAX_JOB": "4"}), reverse=True)
    assert line == (
        "warning settings.MAX_JOB: MAX_JOB is not a setting, and is ignored -> "
        "rename it if you mean MAX_JOBS; otherwise remove it"
    )


def test_settings_check_names_the_setting_that_requires_others() -> None:
    [line] = report_lines({**BOTH_SERVICES, "RECORDING": "egress"})
    assert line.startswith("failed settings.RECORDING: RECORDING=egress needs a bucket: set ")


def test_read_configuration_prefers_the_environment_to_dotenv(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("LIVEKIT_URL='ws://one.example.com'\nMAX_JOBS=3\n")
    config = read_configuration(
        {**BOTH_SERVICES, "LIVEKIT_URL": "ws://two"}, parts=BOTH_PARTS, file=file
    )
    assert (config.worker.livekit_url, config.worker.max_jobs) == ("ws://two", 3)
    assert config.problems == {}
    assert any("overrides .env in LIVEKIT_URL" in result.what for result in settings.check(config))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"LIVEKIT_URL=ws://x\n=1\n", "line 2 is not NAME=value"),
        (b"LIVEKIT_URL=\xff\xfe\n", "is not UTF-8 text"),
        (None, "cannot be read: Is a directory"),
    ],
)
def test_settings_check_reports_an_unreadable_dotenv(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    file = tmp_path / ".env"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    assert any(
        line.startswith(f"failed settings.file: .env {said}")
        for line in report_lines(BOTH_SERVICES, file)
    )


def test_settings_check_names_a_line_that_sets_a_variable_again(tmp_path: Path) -> None:
    """Keys pasted at the top of a copied .env.example, whose own lines are empty and count."""
    file = tmp_path / ".env"
    file.write_text("# keys\nGOOGLE_API_KEY=g\nMAX_JOBS=3\n\nGOOGLE_API_KEY=\nMAX_JOBS=3\n")
    others = {name: value for name, value in BOTH_SERVICES.items() if name != "GOOGLE_API_KEY"}
    repeated, missing = report_lines(others, file)
    assert repeated == (
        "warning settings.file: .env sets GOOGLE_API_KEY more than once: the last line counts, "
        "even if it is empty -> remove the other lines"
    )
    assert missing.startswith("failed settings.GOOGLE_API_KEY: GOOGLE_API_KEY is missing")


def test_settings_check_says_that_there_is_no_dotenv_if_settings_are_missing(
    tmp_path: Path,
) -> None:
    file = tmp_path / ".env"
    first, *_ = report_lines({}, file)
    assert first.startswith(f"warning settings.file: there is no .env in {tmp_path} -> run doctor")
    assert "settings.file" not in str(report_lines(BOTH_SERVICES, file))
    file.touch()
    assert "there is no .env" not in str(report_lines({}, file))


def test_settings_check_warns_of_an_update_that_cuts_off_greetings() -> None:
    times = {"MAX_GREETING_S": "900", "DRAIN_TIMEOUT_S": "600"}
    [line] = [x for x in report_lines({**BOTH_SERVICES, **times}) if x.startswith("warning")]
    assert "waits 600 s for greetings, which may take 900 s" in line


def test_settings_check_reports_two_secrets_with_the_same_value() -> None:
    found = report_lines({**BOTH_SERVICES, "PLATFORM_API_KEY": BOTH_SERVICES["LIVEKIT_API_SECRET"]})
    [line] = [line for line in found if line.startswith("failed")]
    assert "LIVEKIT_API_SECRET and PLATFORM_API_KEY have the same value" in line
    assert "use a different secret for each" in line
    assert BOTH_SERVICES["LIVEKIT_API_SECRET"] not in line
    rotated = dict.fromkeys(
        ("PLATFORM_API_KEY", "PLATFORM_API_KEY_PREVIOUS"), "a-key-of-the-platform"
    )
    [line] = [line for line in report_lines({**BOTH_SERVICES, **rotated}) if "failed" in line]
    assert "remove PLATFORM_API_KEY_PREVIOUS" in line
    twice = {**BOTH_SERVICES, "BEY_API_KEY": BOTH_SERVICES["BEYOND_PRESENCE_API_KEY"]}
    assert not [line for line in report_lines(twice) if "same value" in line], "the same setting"


def test_folders_may_begin_with_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/greeter")
    config = read_configuration({**BOTH_SERVICES, "STATE_DIR": "~/state"}, parts=BOTH_PARTS)
    assert str(config.endpoint.state_dir) == "/home/greeter/state"


@pytest.mark.parametrize(
    "origin",
    [
        *("app.example.com", "null", "https://app.example.com/", "https://*.example.com"),
        *("https://app.example.com:443", "https://App.example.com", "https://bücher.example"),
        "https://a.example.com;https://b.example.com",
    ],
)
def test_settings_check_names_an_origin_that_no_browser_sends(origin: str) -> None:
    fine = "http://localhost:5173,http://[::1]:8080,https://app.example.com"
    environ = {**BOTH_SERVICES, "CORS_ALLOWED_ORIGINS": f"{fine},{origin}"}
    [line] = [line for line in report_lines(environ) if line.startswith("failed")]
    assert f"1 of the 4 origins cannot match any page: {origin} ->" in line
