"""The Helm chart, rendered by Helm and held against Kubernetes' own schemas."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from typing import Any

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
KUBERNETES = ("1.27", "1.30", "1.33", "1.37")

Object = dict[str, Any]


def run(helm: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [helm, *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def rendered(helm: Path, *settings: str) -> list[Object]:
    sets = [part for setting in (NEEDED, *settings) for part in ("--set", setting)]
    done = run(helm, "template", "release", str(CHART), "--kube-version", "1.33", *sets)
    assert done.returncode == 0, done.stderr
    return [found for found in yaml.safe_load_all(done.stdout) if found]


def one(objects: list[Object], kind: str, name_ends_with: str) -> Object:
    [found] = [
        o for o in objects if o["kind"] == kind and o["metadata"]["name"].endswith(name_ends_with)
    ]
    return found


def test_helm_finds_nothing_to_say_against_it(helm: Path) -> None:
    done = run(helm, "lint", "--strict", str(CHART), "--set", NEEDED)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("settings", [(), EVERYTHING, FIXED], ids=["default", "all", "fixed"])
@pytest.mark.parametrize("version", KUBERNETES)
def test_kubernetes_takes_every_object(helm: Path, settings: tuple[str, ...], version: str) -> None:
    objects = rendered(helm, *settings)
    for found in objects:
        kubernetes_validate.validate(found, version, strict=True)
    names = [(o["kind"], o["metadata"]["name"]) for o in objects]
    assert len(set(names)) == len(names)


def test_the_ingress_lets_pages_watchers_and_livekits_webhooks_in_and_nothing_else(
    helm: Path,
) -> None:
    [rule] = one(rendered(helm, *EVERYTHING), "Ingress", "-endpoint")["spec"]["rules"]
    paths = [path["path"] for path in rule["http"]["paths"]]
    assert paths == ["/api/", "/healthz", "/livekit/webhook"]


def test_no_greeting_is_cut_off_by_an_update(helm: Path) -> None:
    objects = rendered(helm)
    worker = one(objects, "Deployment", "-worker")["spec"]
    settings = one(objects, "ConfigMap", "-worker")["data"]
    grace_s = worker["template"]["spec"]["terminationGracePeriodSeconds"]
    assert grace_s > int(settings["DRAIN_TIMEOUT_S"]) >= int(settings["MAX_GREETING_S"])
    assert worker["progressDeadlineSeconds"] > grace_s
    assert worker["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    short = ("--set", NEEDED, "--set", "worker.drainSeconds=599")
    refused = run(helm, "template", "x", str(CHART), "--kube-version", "1.33", *short)
    assert "would cut greetings off" in refused.stderr


def test_every_pod_runs_without_rights(helm: Path) -> None:
    pods = [o["spec"]["template"]["spec"] for o in rendered(helm) if o["kind"] == "Deployment"]
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


def test_selectors_meet_their_pods_and_no_others(helm: Path) -> None:
    objects = rendered(helm)
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


def test_the_two_processes_take_what_they_are_given(helm: Path) -> None:
    """ConfigMap and named secrets together are settings that each process starts with."""
    objects = rendered(helm)
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


def test_without_livekits_address_it_says_what_is_missing(helm: Path) -> None:
    done = run(helm, "template", "x", str(CHART), "--kube-version", "1.33")
    assert "config.LIVEKIT_URL is needed" in done.stderr
