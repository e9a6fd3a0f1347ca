"""The doctor's parsing and its words: nothing here asks anybody."""

from __future__ import annotations

import errno
import json
import os
import ssl
from pathlib import Path

import aiohttp
import pytest

from agent.cli.doctor import clock, command, settings
from agent.cli.doctor.answer import Answer, NoAnswer, shown, translated
from agent.cli.doctor.finding import Finding, Level, failed, ok, warning
from agent.cli.doctor.given import _STAND_INS, known_names, read_settings
from agent.cli.doctor.livekit import refusal
from agent.cli.doctor.report import as_json, as_text, without_secrets
from agent.cli.doctor.written import ascii_flaw_of, flaw_of, meant_by
from agent.core.settings import EndpointSettings, WorkerSettings

BOTH = frozenset({"worker", "endpoint"})
WELL = {
    "LIVEKIT_URL": "wss://greeter.livekit.cloud",
    "LIVEKIT_API_KEY": "APIabcdef",
    "LIVEKIT_API_SECRET": "lk-secret-0123456789",
    "BEYOND_PRESENCE_API_KEY": "sk-0123456789",
    "BEYOND_PRESENCE_AVATAR_ID": "0b1c",
    "DEEPGRAM_API_KEY": "dg-0123456789",
    "GOOGLE_API_KEY": "AIza0123456789",
    "PLATFORM_API_KEY": "0123456789abcdef",
    "CORS_ALLOWED_ORIGINS": "https://app.example.com",
}


def lines(environ: dict[str, str], file: Path | None = None) -> list[str]:
    found = settings.check(read_settings(environ, parts=BOTH, file=file))
    return [f"{f.level} {f.check}: {f.what} -> {f.fix}" for f in found]


def test_good_settings_are_one_line() -> None:
    [line] = lines(WELL)
    assert line.startswith("ok settings: complete and well-formed: 9 are set")


def test_what_is_required_has_a_stand_in_so_that_other_checks_go_on() -> None:
    required = {
        str(name)
        for kind in (WorkerSettings, EndpointSettings)
        for name, why in kind.problems({}).items()
        if why == "is missing"
    }
    assert required == set(_STAND_INS)
    given = read_settings({}, parts=BOTH)
    assert given.lacks("LIVEKIT_URL") == "LIVEKIT_URL is not usable: see above"
    assert "not usable" in given.lacks("LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")
    assert given.lacks("MAX_JOBS") == ""


def test_every_wrong_setting_is_a_line_of_its_own() -> None:
    found = lines(
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
        "failed settings.BEYOND_PRESENCE_API_KEY: BEYOND_PRESENCE_API_KEY begins or ends",
        "failed settings.BEYOND_PRESENCE_AVATAR_ID: BEYOND_PRESENCE_AVATAR_ID is missing",
        "failed settings.DEEPGRAM_API_KEY: DEEPGRAM_API_KEY stands in quotes",
        "failed settings.GOOGLE_API_KEY: GOOGLE_API_KEY is still a placeholder",
        "failed settings.LIVEKIT_API_KEY: LIVEKIT_API_KEY is missing",
        "failed settings.LIVEKIT_API_SECRET: LIVEKIT_API_SECRET is missing, and LIVEKIT_API_SECERT",
        "failed settings.LIVEKIT_URL: LIVEKIT_URL must look like wss://",
        "failed settings.VOICES: VOICES must look like name=value",
        "failed settings.OUTCOME_WEBHOOK_SECRET: set OUTCOME_WEBHOOK_SECRET",
        "failed settings.PLATFORM_API_KEY: set PLATFORM_API_KEY, PLATFORM_JWT_SECRET, "
        "PLATFORM_JWKS_URL or several",
        "failed settings.CORS_ALLOWED_ORIGINS: 1 of the 1 origins can match no page",
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
        ("AIzaSyD-thekeyisfine", ""),
        ("wss://x.livekit.cloud", ""),
        ('"sk-0123"', "quotes"),
        ("'sk-0123'", "quotes"),
        ("sk-0123 ", "white space"),
        ("sk-01\nsk-02", "line break"),
        ("your-api-key", "placeholder"),
        ("<your-key>", "placeholder"),
        ("wss://your-project.livekit.cloud", "placeholder"),
        ("wss://<your-project>.livekit.cloud", "placeholder"),
        ("CHANGE_ME", "placeholder"),
        ("changeme", "placeholder"),
        ("xxxxxxxx", "placeholder"),
        ("sk-...", "placeholder"),
        ("schlüssel", "characters no key has"),
        ("two words", "characters no key has"),
    ],
)
def test_how_a_value_is_written(value: str, flaw: str) -> None:
    found = ascii_flaw_of(value)
    assert (flaw in found) if flaw else (found == "")


def test_free_text_may_be_any_language() -> None:
    assert flaw_of("schlüssel und zwei") == ""


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
def test_a_misspelt_name_is_known_again(name: str, meant: str | None) -> None:
    assert meant_by(name, known_names()) == meant


def test_the_other_name_of_a_setting_is_one_line_too() -> None:
    environ = {name: value for name, value in WELL.items() if name != "BEYOND_PRESENCE_API_KEY"}
    given = read_settings({**environ, "BEY_API_KEY": "<your-key>"}, parts=BOTH)
    assert list(given.problems) == ["BEY_API_KEY"]
    assert given.lacks("BEYOND_PRESENCE_API_KEY")
    good = read_settings({**environ, "BEY_API_KEY": "sk-1"}, parts=BOTH)
    assert good.worker.beyond_presence_api_key.get_secret_value() == "sk-1"
    assert not good.lacks("BEYOND_PRESENCE_API_KEY")


def test_what_is_empty_on_purpose_stays_empty() -> None:
    empty = {"LIVEKIT_AGENT_NAME": "", "FALLBACK_VOICE": "", "MAX_JOBS": ""}
    worker = read_settings({**WELL, **empty}, parts=BOTH).worker
    assert (worker.livekit_agent_name, worker.fallback_voice, worker.max_jobs) == ("", "", 10)


def test_an_optional_name_misspelt_is_a_warning() -> None:
    [line, _] = sorted(lines({**WELL, "MAX_JOB": "4"}), reverse=True)
    assert line == (
        "warning settings.MAX_JOB: MAX_JOB is no setting, and is ignored -> "
        "if MAX_JOBS is meant, rename it; otherwise remove it"
    )


def test_what_is_missing_together_goes_by_the_name_that_asks_for_it() -> None:
    [line] = lines({**WELL, "RECORDING": "egress"})
    assert line.startswith("failed settings.RECORDING: RECORDING=egress writes to a bucket: set ")


def test_dotenv_counts_and_the_environment_wins(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("LIVEKIT_URL='ws://one.example.com'\nMAX_JOBS=3\n")
    given = read_settings({**WELL, "LIVEKIT_URL": "ws://two"}, parts=BOTH, file=file)
    assert (given.worker.livekit_url, given.worker.max_jobs) == ("ws://two", 3)
    assert given.problems == {}
    assert given.overruled == ("LIVEKIT_URL",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"LIVEKIT_URL=ws://x\n=1\n", "line 2 is no NAME=value"),
        (b"LIVEKIT_URL=\xff\xfe\n", "is not UTF-8 text"),
        (None, "cannot be read: Is a directory"),
    ],
)
def test_a_dotenv_that_cannot_be_read_is_a_line(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    file = tmp_path / ".env"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    assert any(line.startswith(f"failed settings.file: .env {said}") for line in lines(WELL, file))


@pytest.mark.parametrize(
    ("status", "said", "what"),
    [
        (401, "invalid API key: APIother", "does not know LIVEKIT_API_KEY"),
        (401, "invalid token: eyJhbGciOi.eyJpc3Mi.c2ln, error: token signature is invalid: "
         "signature is invalid", "is not the secret"),
        (401, "invalid token: eyJhbGciOi.eyJpc3Mi.c2ln, error: token has invalid claims: token is "
         "not valid yet", "clock differs"),
        (401, "invalid token: …, error: token has invalid claims: token is expired", "clock"),
        (403, "permissions denied", "may not list rooms"),
        (401, "who knows", "refuses LIVEKIT_API_KEY and LIVEKIT_API_SECRET"),
    ],
)  # fmt: skip
def test_key_secret_and_clock_are_told_apart(status: int, said: str, what: str) -> None:
    found = refusal(Answer(status=status, body=said.encode()))
    assert found.level is Level.FAILED
    assert what in found.what
    assert "eyJ" not in found.what + found.fix


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TimeoutError(), "did not answer within 4 s"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "nothing listens at"),
        (OSError(errno.ENETUNREACH, "unreachable"), "there is no way to"),
        (aiohttp.ServerDisconnectedError(), "hung up without an answer"),
        (ssl.SSLError(1, "WRONG_VERSION_NUMBER"), "hung up without an answer"),
        (aiohttp.InvalidURL("x"), "no URL"),
    ],
)
def test_lost_connections_have_words(error: Exception, said: str) -> None:
    with pytest.raises(NoAnswer) as caught, translated("https://user:pw@api.example.com/v1?key=1"):
        raise error
    assert said in caught.value.what
    assert caught.value.fix
    assert "pw" not in caught.value.what + caught.value.fix


def test_an_address_is_shown_without_its_password() -> None:
    assert shown("https://user:pw@api.example.com:8443/v1?key=1") == "api.example.com:8443"
    assert shown("ws://[::1]:7880") == "[::1]:7880"


@pytest.mark.parametrize(
    ("skews", "level", "words"),
    [
        ({}, "skipped", "nobody answered"),
        ({"LiveKit": 0.4, "Gemini": -0.7}, "ok", "agrees with Gemini, LiveKit"),
        ({"LiveKit": 20.0, "Gemini": 21.0}, "warning", "this machine's clock is 21 s ahead"),
        ({"LiveKit": -90.0, "Gemini": -90.5}, "failed", "90 s behind of Gemini, LiveKit"),
        ({"LiveKit": 90.0, "a": 0.1, "b": 0.2}, "failed", "the clock of LiveKit differs by 90 s"),
    ],
)
def test_whose_clock_is_wrong(skews: dict[str, float], level: str, words: str) -> None:
    [found] = clock.check(skews)
    assert (found.level, words in found.what) == (level, True), found


def test_the_text_is_aligned_and_the_json_whole() -> None:
    findings = [
        ok("a", "well"),
        warning("a.longer_name", "so so", "look"),
        failed("b", "not well", "mend it, " * 30),
    ]
    text = as_text(findings, width=80)
    assert text.splitlines()[:2] == [
        "ok       a              well",
        "warning  a.longer_name  so so",
    ]
    assert all(len(line) <= 80 for line in text.splitlines())
    assert text.endswith("1 ok, 1 warning, 1 failed.")
    report = json.loads(as_json(findings))
    assert report["ok"] is False
    assert report["counts"] == {"ok": 1, "warning": 1, "failed": 1, "skipped": 0}
    assert report["checks"][1] == {
        "check": "a.longer_name", "level": "warning", "what": "so so", "fix": "look",
    }  # fmt: skip


def test_no_secret_leaves_even_where_a_check_let_it_through() -> None:
    token = "eyJhbGciOi.eyJpc3Mi.c2ln"
    [found] = without_secrets([failed("x", f"hunter2-hunter2 {token}", token)], ["hunter2-hunter2"])
    assert (found.what, found.fix) == ("<secret> <token>", "<token>")


def _examined(monkeypatch: pytest.MonkeyPatch, findings: list[Finding]) -> None:
    monkeypatch.setattr(command, "_examined", lambda _: findings)


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([ok("a", "b")], 0),
        ([warning("a", "b", "c")], 0),
        ([failed("a", "b", "c"), ok("a", "b")], 1),
    ],
)
def test_exit_codes(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    findings: list[Finding],
    code: int,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("= no setting, of which the library behind has words too\n")
    _examined(monkeypatch, findings)
    assert command.main([]) == code
    assert command.main(["--json"]) == code
    assert capfd.readouterr().err == ""


def test_an_unknown_flag_is_2() -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["--nonsense"])
    assert ended.value.code == 2


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in known_names() & os.environ.keys():
        monkeypatch.delenv(name)
