"""Each alert fires on its failure, and none fires on a healthy installation (promtool)."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.promtool import find_promtool

RULES = Path(__file__).resolve().parents[2] / "deploy" / "prometheus"
FILES = {file: yaml.safe_load(file.read_text()) for file in sorted(RULES.glob("*.yaml"))}
ALERTS = [
    rule["alert"]
    for content in FILES.values()
    for group in content["groups"]
    for rule in group["rules"]
    if "alert" in rule
]
E = "training_greeter_endpoint_"
W = "training_greeter_"
ENDPOINT = 'namespace="n",job="training-greeter",instance="e1"'
WORKER = 'namespace="n",job="training-greeter",instance="w1"'

AT = "40m"
SPECIAL_TIMES = {
    "healthy": "200m",
    "OldDataIsNotDeleted": "200m",
    # 10:40 on Thursday 1 January 1970, when promtool's time begins: within business hours.
    "NoGreetings": "640m",
}
INF = " ".join(["Inf"] * 210)

HEALTHY = {
    f'{E}reachable{{{ENDPOINT},what="store"}}': "1x210",
    f'{E}reachable{{{ENDPOINT},what="livekit"}}': "1x210",
    f'{E}greetings_total{{{ENDPOINT},mode="avatar",ending="completed"}}': "0+1x210",
    f'{E}greetings_total{{{ENDPOINT},mode="none",ending="trainee_never_came"}}': "0+1x210",
    # The endpoint shows every known mode and reason from the start.
    f'{E}greetings_total{{{ENDPOINT},mode="none",ending="continue"}}': "0x210",
    f'{E}greetings_total{{{ENDPOINT},mode="avatar",ending="session_failed"}}': "0x210",
    f"{E}greetings_started_total{{{ENDPOINT}}}": "0+2x210",
    f'{E}first_words_total{{{ENDPOINT},late="false"}}': "0+1x210",
    f'{E}first_words_total{{{ENDPOINT},late="true"}}': "0x210",
    f'{E}requests_total{{{ENDPOINT},route="start",outcome="started"}}': "0+2x210",
    f"{E}avatar_budget_left_seconds{{{ENDPOINT}}}": INF,
    f"{E}avatar_budget_seconds{{{ENDPOINT}}}": INF,
    f"{E}store_used_bytes{{{ENDPOINT}}}": "10x210",
    f"{E}store_limit_bytes{{{ENDPOINT}}}": "100x210",
    f"{E}outcomes_pending{{{ENDPOINT}}}": "1x210",
    # promtool starts at the epoch: the last deletion was a moment ago all the time.
    f'{W}deletion_success_timestamp_seconds{{{ENDPOINT},what="outcomes"}}': "0+60x210",
    f"{W}script_files_unusable{{{ENDPOINT}}}": "0x210",
    f"{W}worker_registered{{{WORKER}}}": "1x210",
    f"{W}worker_draining{{{WORKER}}}": "0x210",
    f'{W}jobs{{{WORKER},state="free"}}': "5x210",
    f'{W}reply_gap_seconds_bucket{{{WORKER},asked="spoken",le="4.0"}}': "0+9x210",
    f'{W}reply_gap_seconds_bucket{{{WORKER},asked="spoken",le="6"}}': "0+9x210",
    f'{W}reply_gap_seconds_bucket{{{WORKER},asked="spoken",le="+Inf"}}': "0+9x210",
}


def greetings(mode: str, ending: str) -> str:
    return f'{E}greetings_total{{{ENDPOINT},mode="{mode}",ending="{ending}"}}'


def counter(name: str, labels: str, whose: str = ENDPOINT) -> dict[str, str]:
    """One counter that rises by 1 a minute."""
    return {f"{W}{name}{{{whose},{labels}}}": "0+1x210"}


GONE = "_x210"  # promtool's notation of no value
BUDGET_LEFT = f"{E}avatar_budget_left_seconds{{{ENDPOINT}}}"
BUDGET = f"{E}avatar_budget_seconds{{{ENDPOINT}}}"
FAILURES: dict[str, dict[str, str]] = {
    "NoOpening": {greetings("none", "continue"): "0+1x210"},
    "TextOnly": {greetings("text", "completed"): "0+1x210"},
    "WithoutAvatar": {greetings("voice", "completed"): "0+1x210"},
    "Interrupted": {greetings("avatar", "session_failed"): "0+1x210"},
    "FirstWordIsLate": {f'{E}first_words_total{{{ENDPOINT},late="true"}}': "0+1x210"},
    "DisclosureIsNotHeard": {
        f'{E}disclosures_total{{{ENDPOINT},heard="true"}}': "0+1x210",
        f'{E}disclosures_total{{{ENDPOINT},heard="false"}}': "0+1x210",
    },
    "PartFails": {
        **counter("endpoint_faults_total", 'part="llm",status="503"'),
        f"{W}worker_registered{{{WORKER}}}": GONE,
    },
    "ScriptsUnusable": {f"{W}script_files_unusable{{{ENDPOINT}}}": "2x210"},
    "AvatarBudgetIsNearlyUsedUp": {BUDGET: "600x210", BUDGET_LEFT: "30x210"},
    "AvatarBudgetIsUsedUp": {BUDGET: "600x210", BUDGET_LEFT: "0x210"},
    "AvatarsAreLeftBehind": counter("endpoint_avatars_reaped_total", 'why="left_behind"'),
    "BillDiffers": counter("endpoint_bill_sessions_total", 'result="still_running"'),
    "WithdrawnRecordingIsNotDeleted": counter("endpoint_recordings_total", 'result="not_deleted"'),
    "RecordingsFail": counter("endpoint_recordings_total", 'result="failed"'),
    "JobsAreLost": {greetings("avatar", "worker_lost"): "0+1x210"},
    "OutcomesAreNotDelivered": {f"{E}outcomes_pending{{{ENDPOINT}}}": "21x210"},
    "OutcomesAreRefused": counter("outcome_posts_total", 'result="failed"'),
    "StoreErrors": counter("store_errors_total", 'during="delivery"'),
    "StoreIsNearlyFull": {f"{E}store_used_bytes{{{ENDPOINT}}}": "90x210"},
    "OldDataIsNotDeleted": {
        f'{W}deletion_success_timestamp_seconds{{{ENDPOINT},what="outcomes"}}': "0x210"
    },
    "EndpointIsGone": {name: GONE for name in HEALTHY if name.startswith(f"{E}reachable")},
    "EndpointIsNotReady": {f'{E}reachable{{{ENDPOINT},what="store"}}': "0x210"},
    "EndpointFails": counter(
        "endpoint_requests_total", 'route="start",outcome="livekit_unavailable"'
    ),
    "EndpointIsSlow": {
        f'{E}request_seconds_bucket{{{ENDPOINT},route="start",le="2.0"}}': "0x210",
        f'{E}request_seconds_bucket{{{ENDPOINT},route="start",le="5"}}': "0+9x210",
        f'{E}request_seconds_bucket{{{ENDPOINT},route="start",le="+Inf"}}': "0+9x210",
    },
    "RequestsAreInvalid": counter(
        "endpoint_requests_total", 'route="start",outcome="field_not_allowed"'
    ),
    "PlatformIsRefused": {
        f'{E}requests_total{{{ENDPOINT},route="start",outcome="unauthorized"}}': "0+0.2x210",
        f'{E}requests_total{{{ENDPOINT},route="start",outcome="started"}}': "0+0.1x210",
    },
    "RateLimitsTrainees": {
        f'{E}requests_total{{{ENDPOINT},route="start",outcome="rate_limited"}}': "0+3x210"
    },
    "EndpointRefusesCredentials": {
        f'{E}requests_total{{{ENDPOINT},route="start",outcome="unauthorized"}}': "0+9x210"
    },
    "LiveKitLimitsCalls": counter("endpoint_livekit_errors_total", 'call="x",status="429"'),
    "LiveKitCallsFail": {
        f'{E}livekit_errors_total{{{ENDPOINT},call="ListRooms",status="401"}}': "0+2x210"
    },
    "AgentsDoNotJoin": counter("endpoint_dispatches_repeated_total", 'why="no_show"'),
    "NoWorker": {f"{W}worker_registered{{{WORKER}}}": "0x210"},
    "WorkerIsNotRegistered": {
        f"{W}worker_registered{{{WORKER.replace('w1', 'w2')}}}": "0x210",
        f"{W}worker_draining{{{WORKER.replace('w1', 'w2')}}}": "0x210",
    },
    "WorkersAreFull": {f'{W}jobs{{{WORKER},state="free"}}': "0x210"},
    "ProviderFails": counter(
        "provider_errors_total",
        'provider="deepgram",part="tts",kind="APIStatusError",status="429"',
        WORKER,
    ),
    "AnswersAreSlow": {f'{W}reply_gap_seconds_bucket{{{WORKER},asked="spoken",le="4.0"}}': "0x210"},
    "ErrorBudgetBurnsFast": {greetings("avatar", "session_failed"): "0+1x210"},
    "ErrorBudgetBurnsSlowly": {greetings("none", "continue"): "0+0.1x210"},
    "NoGreetings": {f"{E}greetings_started_total{{{ENDPOINT}}}": "7x700"},
}
QUIET: dict[str, dict[str, str]] = {
    # What must not fire an alert, for each alert that fired wrongly before.
    "AvatarBudgetIsUsedUp": {BUDGET: "0x210", BUDGET_LEFT: "0x210"},
    "AvatarBudgetIsNearlyUsedUp": {BUDGET: "300x210", BUDGET_LEFT: "300x210"},
    "WithoutAvatar": {
        BUDGET: "0x210",
        BUDGET_LEFT: "0x210",
        greetings("voice", "completed"): "0+1x210",
        greetings("avatar", "completed"): "0x210",
    },
    "WorkerIsNotRegistered": {
        f"{W}worker_registered{{{WORKER.replace('w1', 'w2')}}}": "0x210",
        f"{W}worker_draining{{{WORKER.replace('w1', 'w2')}}}": "1x210",
    },
    "PartFails": counter("endpoint_faults_total", 'part="llm",status="503"'),
    "EndpointFails": counter("endpoint_requests_total", 'route="other",outcome="internal_error"'),
    # A single failure at night.
    "ErrorBudgetBurnsFast": {greetings("avatar", "session_failed"): "0x20 1x190"},
    "JobsAreLost": {greetings("avatar", "worker_lost"): "3x210"},
    # A trainee at night who reloads a page whose JWT has expired.
    "PlatformIsRefused": {
        f'{E}requests_total{{{ENDPOINT},route="start",outcome="unauthorized"}}': "0x20 3x1 8x190",
        f'{E}requests_total{{{ENDPOINT},route="start",outcome="started"}}': "9x210",
    },
    "EndpointIsSlow": {
        f'{E}request_seconds_bucket{{{ENDPOINT},route="start",le="2.0"}}': "7x210",
        f'{E}request_seconds_bucket{{{ENDPOINT},route="start",le="5.0"}}': "7x33 8x176",
        f'{E}request_seconds_bucket{{{ENDPOINT},route="start",le="+Inf"}}': "7x33 8x176",
    },
    "AnswersAreSlow": {
        f'{W}reply_gap_seconds_bucket{{{WORKER},asked="spoken",le="4.0"}}': "7x210",
        f'{W}reply_gap_seconds_bucket{{{WORKER},asked="spoken",le="6"}}': "7x27 8x182",
        f'{W}reply_gap_seconds_bucket{{{WORKER},asked="spoken",le="+Inf"}}': "7x27 8x182",
    },
}


Fires = Callable[[str], set[str]]


@pytest.fixture(scope="module")
def fires(tmp_path_factory: pytest.TempPathFactory) -> Fires:
    """Return the alerts that fire in one of the cases; promtool runs all of them at once."""
    promtool = find_promtool()
    if promtool is None:
        pytest.skip("needs promtool: install Prometheus, or run on Debian")
    folder = tmp_path_factory.mktemp("alerts")
    cases = {
        "healthy": HEALTHY,
        "no namespace": {
            name.replace('namespace="n",', ""): values
            for name, values in (HEALTHY | FAILURES["TextOnly"] | FAILURES["StoreErrors"]).items()
        },
        **{f"{name} fires": HEALTHY | series for name, series in FAILURES.items()},
        **{f"{name} is quiet": HEALTHY | series for name, series in QUIET.items()},
    }
    tests = []
    for number, (name, series) in enumerate(cases.items()):
        test = {
            "rule_files": _rule_files(name, folder),
            "evaluation_interval": "2m",
            "tests": [_case(name, series)],
        }
        tests.append(f"{number}.yaml")
        # JSON is YAML, and written in a hundredth of the time.
        (folder / tests[-1]).write_text(json.dumps(test))
    done = subprocess.run(
        [promtool, "test", "rules", *tests],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    found = _read(done.stdout + done.stderr)
    assert found, done.stdout + done.stderr
    return lambda case: found.get(case, set())


def _rule_files(case: str, folder: Path) -> list[str]:
    """Return the files with the rules that a case needs: all rules would take a minute.

    A case of one alert gets copies of the files with that alert and the recorded series only.
    """
    alert = f"TrainingGreeter{case.split()[0]}"
    if alert not in ALERTS:
        return [str(file) for file in FILES if case == "healthy" or file.stem != "slo"]
    copies = []
    for file, content in FILES.items():
        groups = [
            {**group, "rules": [r for r in group["rules"] if r.get("alert", alert) == alert]}
            for group in content["groups"]
        ]
        if alert in str(groups):
            copies.append(f"{alert}-{file.name}")
            (folder / copies[-1]).write_text(json.dumps({"groups": groups}))
    return copies


def _case(name: str, series: dict[str, str]) -> dict[str, Any]:
    at = SPECIAL_TIMES.get(name.split()[0], AT)
    alerts = [{"eval_time": at, "alertname": alert, "exp_alerts": []} for alert in ALERTS]
    return {
        "name": name,
        "interval": "1m",
        "input_series": [{"series": s, "values": v} for s, v in series.items()],
        "alert_rule_test": alerts,
    }


def _read(printed: str) -> dict[str, set[str]]:
    """Return by case the alerts that promtool reports, because it was told to expect none."""
    found: dict[str, set[str]] = {}
    for line in printed.splitlines():
        if match := re.match(r"\s*name: (.*),?$", line):
            case = match[1].rstrip(",")
        elif match := re.match(r"\s*alertname: TrainingGreeter(\w+)", line):
            found.setdefault(case, set()).add(match[1])
    return found


def test_every_alert_has_a_failure_that_fires_it() -> None:
    assert sorted(ALERTS) == sorted(f"TrainingGreeter{name}" for name in FAILURES)


def test_no_alert_fires_on_a_healthy_installation(fires: Fires) -> None:
    assert fires("healthy") == set()


@pytest.mark.parametrize("name", FAILURES)
def test_alert_fires(name: str, fires: Fires) -> None:
    assert name in fires(f"{name} fires")


@pytest.mark.parametrize("name", QUIET)
def test_alert_does_not_fire(name: str, fires: Fires) -> None:
    assert name not in fires(f"{name} is quiet")


def test_alerts_fire_without_a_namespace_too(fires: Fires) -> None:
    """Outside Kubernetes series have no namespace."""
    assert {"TextOnly", "StoreErrors"} <= fires("no namespace")
