"""The Helm chart, rendered by Helm's SDK and validated with Kubernetes' own schemas."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import helm_python
import kubernetes_validate
import pytest
import yaml
from pydantic import SecretStr

from agent.core.settings import EndpointSettings, WorkerSettings

CHART = Path(__file__).resolve().parents[2] / "deploy/helm/training-greeter"
NEEDED = "config.LIVEKIT_URL=wss://livekit.example.com"
EVERYTHING = (
    "endpoint.ingress.enabled=true",
    "endpoint.ingress.className=nginx",
    "endpoint.ingress.tlsSecret=tls",
    "networkPolicy.enabled=true",
    "worker.autoscaling.jobsPerPod=7",
    "metrics.workerPort=9464",
    "metrics.endpointPort=9465",
    "imagePullSecrets[0].name=registry",
    "nodeSelector.pool=greeter",
    "podAnnotations.a=b",
)
FIXED = ("worker.autoscaling.enabled=false", "endpoint.autoscaling.enabled=false")
LINT_WARNING = 2
KUBERNETES = ("1.27", "1.30", "1.33", "1.37")

Object = dict[str, Any]


def values(*settings: str) -> Object:
    """Parse settings as `helm --set` does."""
    parsed: Object = helm_python.parse_set_string(",".join(settings))
    return parsed


def rendered(*settings: str) -> list[Object]:
    with helm_python.Chart.load(CHART) as chart:
        manifests = chart.render(values(NEEDED, *settings), name="release")
    texts = [text for path, text in manifests.items() if path.endswith(".yaml")]
    return [found for text in texts for found in yaml.safe_load_all(text) if found]


def refusal(*settings: str) -> str:
    """Return why the chart refuses to render with these settings."""
    with (
        helm_python.Chart.load(CHART) as chart,
        pytest.raises(helm_python.HelmRenderError) as refused,
    ):
        chart.render(values(*settings) if settings else {}, name="release")
    return str(refused.value)


def one(objects: list[Object], kind: str, name_ends_with: str) -> Object:
    [found] = [
        o for o in objects if o["kind"] == kind and o["metadata"]["name"].endswith(name_ends_with)
    ]
    return found


def test_chart_passes_helm_lint() -> None:
    report = helm_python.lint(CHART, values(NEEDED), strict=True, kube_version="v1.33.0")
    assert report["total_charts_linted"] == 1
    assert report["errors"] == []
    assert [m for m in report["messages"] if m["severity"] >= LINT_WARNING] == []


@pytest.mark.parametrize("settings", [(), EVERYTHING, FIXED], ids=["default", "all", "fixed"])
@pytest.mark.parametrize("version", KUBERNETES)
def test_chart_renders_valid_kubernetes_objects(settings: tuple[str, ...], version: str) -> None:
    objects = rendered(*settings)
    for found in objects:
        kubernetes_validate.validate(found, version, strict=True)
    names = [(o["kind"], o["metadata"]["name"]) for o in objects]
    assert len(set(names)) == len(names)


def test_ingress_exposes_only_the_api_health_and_livekit_webhooks() -> None:
    [rule] = one(rendered(*EVERYTHING), "Ingress", "-endpoint")["spec"]["rules"]
    paths = [path["path"] for path in rule["http"]["paths"]]
    assert paths == ["/api/", "/healthz", "/livekit/webhook"]


def test_worker_update_waits_for_running_greetings() -> None:
    objects = rendered()
    worker = one(objects, "Deployment", "-worker")["spec"]
    settings = one(objects, "ConfigMap", "-worker")["data"]
    grace_s = worker["template"]["spec"]["terminationGracePeriodSeconds"]
    assert grace_s > int(settings["DRAIN_TIMEOUT_S"]) >= int(settings["MAX_GREETING_S"])
    assert worker["progressDeadlineSeconds"] > grace_s
    assert worker["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert "worker.drainSeconds" in refusal(NEEDED, "worker.drainSeconds=599")


def test_pods_run_without_privileges() -> None:
    pods = [o["spec"]["template"]["spec"] for o in rendered() if o["kind"] == "Deployment"]
    assert len(pods) == 2
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        [container] = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {m["mountPath"] for m in container["volumeMounts"]} >= {"/tmp"}
        assert container["resources"]["limits"]["memory"]


def test_selectors_match_only_their_own_pods() -> None:
    objects = rendered()
    for part, other in (("-worker", "-endpoint"), ("-endpoint", "-worker")):
        labels = one(objects, "Deployment", part)["spec"]["template"]["metadata"]["labels"]
        theirs = one(objects, "Deployment", other)["spec"]["template"]["metadata"]["labels"]
        selectors = [
            one(objects, "Deployment", part)["spec"]["selector"]["matchLabels"],
            one(objects, "PodDisruptionBudget", part)["spec"]["selector"]["matchLabels"],
        ]
        if part == "-endpoint":
            selectors.append(one(objects, "Service", part)["spec"]["selector"])
        for selector in selectors:
            assert selector.items() <= labels.items()
            assert not selector.items() <= theirs.items()
        scaled = one(objects, "HorizontalPodAutoscaler", part)["spec"]["scaleTargetRef"]["name"]
        assert scaled == one(objects, "Deployment", part)["metadata"]["name"]
    url = one(objects, "ConfigMap", "-worker")["data"]["ENDPOINT_URL"]
    assert url == f"http://{one(objects, 'Service', '-endpoint')['metadata']['name']}:8000"


def test_processes_accept_the_settings_of_the_chart() -> None:
    """ConfigMap and secrets together are valid settings of each process."""
    objects = rendered()
    shared = {"LIVEKIT_API_KEY": "k", "LIVEKIT_API_SECRET": "s", "REDIS_URL": "redis://r:6379/0"}
    shared["OUTCOME_WEBHOOK_SECRET"] = "whsec_" + base64.b64encode(bytes(32)).decode()
    providers = ("BEYOND_PRESENCE_API_KEY", "BEYOND_PRESENCE_AVATAR_ID")
    providers += ("DEEPGRAM_API_KEY", "GOOGLE_API_KEY")
    providers += ("RECORDING_S3_ACCESS_KEY", "RECORDING_S3_SECRET")
    platform = {"PLATFORM_API_KEY": "k" * 16, "PLATFORM_JWT_SECRET": "s" * 32}
    for kind, part, own in (
        (WorkerSettings, "-worker", dict.fromkeys(providers, "k")),
        (EndpointSettings, "-endpoint", platform),
    ):
        settings = one(objects, "ConfigMap", part)["data"]
        assert settings.keys() <= kind.names()
        kind.from_env({**settings, **shared, **own})
        secret = {n for n, f in kind.model_fields.items() if SecretStr in _types(f.annotation)}
        assert {name.upper() for name in secret} <= {*shared, *own}, "named in values.yaml"
        assert not {name.upper() for name in secret} & settings.keys()
    assert not [o for o in objects if o["kind"] == "Secret"]


def _types(annotation: Any) -> set[Any]:
    return {annotation, *getattr(annotation, "__args__", ())}


def test_chart_without_livekit_url_names_the_missing_setting() -> None:
    assert "config.LIVEKIT_URL is needed" in refusal()
