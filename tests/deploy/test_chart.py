"""The Helm chart, rendered by Helm's SDK and validated with Kubernetes' own schemas."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import helm_python
import jsonschema
import kubernetes_validate
import pytest
import yaml

from agent.core.settings import EndpointSettings, WorkerSettings

CHART = Path(__file__).resolve().parents[2] / "deploy/helm/training-greeter"
NEEDED = "config.LIVEKIT_URL=wss://livekit.example.com"
FIXED = ("worker.autoscaling.enabled=false", "endpoint.autoscaling.enabled=false")
EVERYTHING = (
    "endpoint.ingress.enabled=true",
    "endpoint.ingress.className=nginx",
    "endpoint.ingress.tlsSecret=tls",
    "networkPolicy.extraEgress[0].ports[0].port=4318",
    "networkPolicy.endpointFrom[0].podSelector.matchLabels.app=ingress",
    "networkPolicy.metricsFrom[0].podSelector.matchLabels.app=prometheus",
    "image.digest=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "worker.autoscaling.jobsPerPod=7",
    "metrics.workerPort=9464",
    "metrics.endpointPort=9465",
    "imagePullSecrets[0].name=registry",
    "nodeSelector.pool=greeter",
    "podAnnotations.a=b",
    "serviceAccount.annotations.a=b",
    "worker.extraEnv[0].name=HTTPS_PROXY",
    "worker.extraEnv[0].value=http://proxy:3128",
    "worker.extraVolumes[0].name=recordings",
    "worker.extraVolumes[0].persistentVolumeClaim.claimName=recordings",
    "worker.extraVolumeMounts[0].name=recordings",
    "worker.extraVolumeMounts[0].mountPath=/app/recordings",
    "metrics.podMonitor.enabled=true",
    "metrics.podMonitor.labels.release=kps",
    "metrics.rules.enabled=true",
    "metrics.rules.runbookBase=https://git.example.com/tg/",
    "metrics.dashboard.enabled=true",
)
SQLITE = (
    "store=sqlite",
    "worker.replicas=1",
    "endpoint.replicas=1",
    *FIXED,
    *(
        f"{part}.{setting}"
        for part in ("worker", "endpoint")
        for setting in (
            "extraVolumes[0].name=state",
            "extraVolumes[0].persistentVolumeClaim.claimName=state",
            "extraVolumeMounts[0].name=state",
            "extraVolumeMounts[0].mountPath=/app/.state",
        )
    ),
)
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
        pytest.raises((helm_python.HelmRenderError, helm_python.HelmValuesError)) as refused,
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


@pytest.mark.parametrize(
    "settings", [(), EVERYTHING, FIXED, SQLITE], ids=["default", "all", "fixed", "sqlite"]
)
@pytest.mark.parametrize("version", KUBERNETES)
def test_chart_renders_valid_kubernetes_objects(settings: tuple[str, ...], version: str) -> None:
    objects = rendered(*settings)
    for found in objects:
        if not found["apiVersion"].startswith("monitoring.coreos.com/"):  # no schema here
            kubernetes_validate.validate(found, version, strict=True)
    names = [(o["kind"], o["metadata"]["name"]) for o in objects]
    assert len(set(names)) == len(names)


def test_ingress_exposes_only_the_api_health_and_livekit_webhooks() -> None:
    [rule] = one(rendered(*EVERYTHING), "Ingress", "-endpoint")["spec"]["rules"]
    paths = [path["path"] for path in rule["http"]["paths"]]
    assert paths == ["/api/", "/static/", "/embed/", "/healthz", "/schemas/", "/livekit/webhook"]


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
    shared["OUTCOME_WEBHOOK_SECRET_PREVIOUS"] = shared["OUTCOME_WEBHOOK_SECRET"]
    providers = ["BEYOND_PRESENCE_API_KEY", "BEYOND_PRESENCE_AVATAR_ID"]
    providers += ["DEEPGRAM_API_KEY", "GOOGLE_API_KEY"]
    providers += ["RECORDING_S3_ACCESS_KEY", "RECORDING_S3_SECRET"]
    platform = {"PLATFORM_API_KEY": "k" * 16, "PLATFORM_JWT_SECRET": "s" * 32}
    platform |= {f"{name}_PREVIOUS": value for name, value in platform.items()}
    platform["BEYOND_PRESENCE_API_KEY"] = "k"
    platform |= {"LIVEKIT_API_KEY_PREVIOUS": "k", "LIVEKIT_API_SECRET_PREVIOUS": "s"}
    for kind, part, own in (
        (WorkerSettings, "-worker", dict.fromkeys(providers, "k")),
        (EndpointSettings, "-endpoint", platform),
    ):
        settings = one(objects, "ConfigMap", part)["data"]
        assert settings.keys() <= kind.names()
        kind.from_env({**settings, **shared, **own})
        secret = kind.secret_names() - {"OUTCOME_WEBHOOK_URL", "BEY_API_KEY"}
        assert secret <= {*shared, *own}, "named in values.yaml"
        assert not secret & settings.keys()
    assert not [o for o in objects if o["kind"] == "Secret"]


def test_chart_without_livekit_url_names_the_missing_setting() -> None:
    assert "config.LIVEKIT_URL is needed" in refusal()


def test_production_values_are_valid() -> None:
    given = yaml.safe_load((CHART / "values-production.yaml").read_text())
    with helm_python.Chart.load(CHART) as chart:
        manifests = chart.render(given, name="release")
    texts = [text for path, text in manifests.items() if path.endswith(".yaml")]
    kinds = [o["kind"] for text in texts for o in yaml.safe_load_all(text) if o]
    assert {"Deployment", "Ingress", "PodMonitor", "PrometheusRule", "NetworkPolicy"} <= set(kinds)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (("worker.maxJob=7",), "maxJob"),
        (("worker.maxJobs=0",), "maxJobs"),
        (("worker.maxJobs=many",), "maxJobs"),
        (("endpoint.replicas=0",), "replicas"),
        (("image.pullPolicy=Sometimes",), "pullPolicy"),
        (("config.bad-name=1",), "bad-name"),
        (("secrets.shared=Not A Name",), "shared"),
        (("store=mongo",), "store"),
        (("worker.writablePaths[0]=tmp",), "writablePaths"),
        (("metrics.workerPort=80",), "workerPort"),
        (("metrics.rules.runbookBase=javascript:x",), "runbookBase"),
        (("networkPolicy.enabled=yes please",), "networkPolicy"),
        (("networkPolicy.redisPort=redis",), "redisPort"),
        (
            ("networkPolicy.mediaPorts[0].port=7882", "networkPolicy.mediaPorts[0].protocol=QUIC"),
            "protocol",
        ),
        (("image.digest=latest",), "digest"),
        (("worker.extraEnv=HTTPS_PROXY",), "extraEnv"),
        (("worker.extraEnv[0].value=x",), "extraEnv"),
        (("worker.drainSeconds=1000000",), "drainSeconds"),
        (("image.repository=a:1",), "repository"),
        (('image.repository=a"b',), "repository"),
        (("endpoint.ingress.host=https://greeter.example.com",), "host"),
        (("endpoint.ingress.className=nginx\n  x: y",), "className"),
        (("endpoint.ingress.tlsSecret=a }",), "tlsSecret"),
        (("worker.writablePaths[0]=/tmp subPath: x",), "writablePaths"),
        (("serviceAccount.name=Not_A_Name",), "serviceAccount"),
    ],
)
def test_values_schema_refuses_wrong_values(settings: tuple[str, ...], named: str) -> None:
    assert named in refusal(NEEDED, *settings)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("worker.config.MAX_JOBS=9", "worker.config.MAX_JOBS has no effect: set worker.maxJobs"),
        ("config.DRAIN_TIMEOUT_S=9", "config.DRAIN_TIMEOUT_S has no effect: set worker.drain"),
        ("endpoint.config.ENDPOINT_METRICS_PORT=9465", "set metrics.endpointPort instead"),
        ("config.AGENT_HTTP_PORT=9000", "use port 8081"),
        ("worker.config.AGENT_HTTP_HOST=127.0.0.1", "use port 8081"),
        (
            "worker.config.OUTCOME_DETAIL=aggregate",
            "set config.OUTCOME_DETAIL, worker and endpoint",
        ),
        ("endpoint.config.LIVEKIT_AGENT_NAME=a", "set config.LIVEKIT_AGENT_NAME"),
        # Without it, a process gives up what the other one would deliver.
        ("worker.config.OUTCOME_WEBHOOK_URL=https://x", "set config.OUTCOME_WEBHOOK_URL"),
        ("endpoint.config.AVATAR_MINUTES_PER_DAY=9", "set config.AVATAR_MINUTES_PER_DAY"),
        ("endpoint.config.RETENTION_DAYS=9", "set config.RETENTION_DAYS"),
        ("worker=null", "missing property 'worker'"),
        ("endpoint.config=null", "'/endpoint': missing property 'config'"),
        ("worker.autoscaling=null", "'/worker': missing property 'autoscaling'"),
        ("config.LIVEKIT_URL=livekit.example.com", "must look like wss://"),
        ("worker.autoscaling.minReplicas=30", "minReplicas is greater than maxReplicas"),
        ("worker.autoscaling.jobsPerPod=5", "jobsPerPod needs metrics.workerPort"),
        ("metrics.workerPort=8081", "the worker's health port"),
        ("metrics.endpointPort=8000", "the endpoint's own port"),
        ("endpoint.writablePaths[0]=/data", "endpoint.writablePaths needs /tmp"),
        ("worker.extraVolumeMounts[0].mountPath=/tmp", "mounted at the same path"),
        ("networkPolicy.mediaPorts[0].endPort=5", "endPort is less than port"),
    ],
)
def test_chart_refuses_values_that_have_no_effect_or_contradict(setting: str, said: str) -> None:
    more = {
        "worker.extraVolumeMounts": ("worker.extraVolumeMounts[0].name=x",),
        "networkPolicy.mediaPorts": ("networkPolicy.mediaPorts[0].port=7",),
    }.get(setting.partition("[")[0], ())
    assert said in refusal(NEEDED, setting, *more)


def test_network_policy_without_media_ports_has_no_rule_that_allows_all_ports() -> None:
    with helm_python.Chart.load(CHART) as chart:
        given = values(NEEDED) | {"networkPolicy": {"mediaPorts": []}}
        manifests = chart.render(given, name="release")
    [text] = [text for path, text in manifests.items() if path.endswith("networkpolicy.yaml")]
    for policy in yaml.safe_load_all(text):
        assert all(rule["ports"] for rule in policy["spec"]["egress"])


def test_chart_refuses_secrets_outside_of_secrets() -> None:
    secrets = WorkerSettings.secret_names() | EndpointSettings.secret_names()
    secrets |= {"OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"}
    for name in sorted(secrets - {"OUTCOME_WEBHOOK_URL"}):
        assert f"config.{name} is a secret" in refusal(NEEDED, f"config.{name}=x"), name
    for name in ("config.OUTCOME_WEBHOOK_URL", "worker.config.HTTPS_PROXY"):
        said = refusal(NEEDED, f"{name}=http://user:word@host:3128/x")
        assert f"{name} contains a password" in said
    rendered("config.CONTINUE_URL=https://host/a:b@c", "worker.config.HTTPS_PROXY=http://host:1")


def test_chart_refuses_secrets_and_managed_variables_in_extra_env() -> None:
    def said(name: str) -> str:
        return refusal(NEEDED, f"worker.extraEnv[0].name={name}", "worker.extraEnv[0].value=x")

    assert "worker.extraEnv: DEEPGRAM_API_KEY is a secret: use valueFrom" in said(
        "DEEPGRAM_API_KEY"
    )
    assert "worker.extraEnv: HTTPS_PROXY is a secret: use valueFrom" in refusal(
        NEEDED, "worker.extraEnv[0].name=HTTPS_PROXY", "worker.extraEnv[0].value=http://u:p@proxy:1"
    )
    assert "worker.extraEnv: set worker.maxJobs instead of MAX_JOBS" in said("MAX_JOBS")
    assert "worker.extraEnv: remove AGENT_HTTP_PORT" in said("AGENT_HTTP_PORT")
    assert "worker.extraEnv: set config.OUTCOME_DETAIL" in said("OUTCOME_DETAIL")
    reference = "worker.extraEnv[0].valueFrom.secretKeyRef"
    rendered(
        "worker.extraEnv[0].name=DEEPGRAM_API_KEY", f"{reference}.name=s", f"{reference}.key=k"
    )


def test_values_without_a_value_keep_the_default() -> None:
    """As `extraEnv:` in a values file, with all its lines commented out."""
    rendered("worker.extraEnv=null", "imagePullSecrets=null", "nodeSelector=null", "image.tag=null")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (123456789012, "123456789012"),
        (1e6, "1000000"),
        (0.25, "0.25"),
        (True, "true"),
        ("1e6", "1e6"),
    ],
)
def test_numbers_in_config_are_written_in_full(value: object, text: str) -> None:
    """The number of a Google project is a valid GOOGLE_CLOUD_PROJECT."""
    config = {"LIVEKIT_URL": "wss://livekit.example.com", "GOOGLE_CLOUD_PROJECT": value}
    with helm_python.Chart.load(CHART) as chart:
        manifests = chart.render({"config": config}, name="release")
    [template] = [text for path, text in manifests.items() if path.endswith("/config.yaml")]
    for found in yaml.safe_load_all(template):
        assert found["data"]["GOOGLE_CLOUD_PROJECT"] == text


@pytest.mark.parametrize("release", ["a" * 53, "greeter.v1"])
def test_names_are_valid_for_every_release(release: str) -> None:
    with helm_python.Chart.load(CHART) as chart:
        manifests = chart.render(values(NEEDED, *EVERYTHING), name=release)
        with pytest.raises(helm_python.HelmRenderError, match="begins with a letter"):
            chart.render(values(NEEDED), name="1")
    texts = [text for path, text in manifests.items() if path.endswith(".yaml")]
    names = [o["metadata"]["name"] for text in texts for o in yaml.safe_load_all(text) if o]
    assert all(re.fullmatch(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])", name) for name in names), names


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ("worker.replicas=2", "allows one worker only"),
        ("endpoint.replicas=2", "allows one endpoint only"),
        ("worker.autoscaling.enabled=true", "allows one worker only"),
        ("endpoint.extraVolumeMounts[0].mountPath=/tmp", "persistent volume at /app/.state"),
    ],
)
def test_sqlite_needs_one_pod_of_each_kind_and_a_volume(changed: str, said: str) -> None:
    assert rendered(*SQLITE)
    assert said in refusal(NEEDED, *SQLITE, changed)


def test_redis_is_required_unless_sqlite_is_chosen() -> None:
    for part in ("-worker", "-endpoint"):
        [pod] = one(rendered(), "Deployment", part)["spec"]["template"]["spec"]["containers"]
        [url] = [env for env in pod["env"] if env["name"] == "REDIS_URL"]
        assert url["valueFrom"]["secretKeyRef"] == {"name": "training-greeter", "key": "REDIS_URL"}
        [pod] = one(rendered(*SQLITE), "Deployment", part)["spec"]["template"]["spec"]["containers"]
        assert [env["name"] for env in pod["env"]] == ["HOME"]


def test_pods_use_the_service_account_and_restart_after_a_rotation() -> None:
    def annotations(*settings: str) -> dict[str, str]:
        template = one(rendered(*settings), "Deployment", "-worker")["spec"]["template"]
        found: dict[str, str] = template["metadata"]["annotations"]
        return found

    objects = rendered()
    account = one(objects, "ServiceAccount", "")["metadata"]["name"]
    for part in ("-worker", "-endpoint"):
        spec = one(objects, "Deployment", part)["spec"]["template"]["spec"]
        assert spec["serviceAccountName"] == account
    own = rendered("serviceAccount.create=false", "serviceAccount.name=mine")
    assert not [o for o in own if o["kind"] == "ServiceAccount"]
    pod = one(own, "Deployment", "-worker")["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == "mine"
    assert annotations() == annotations()
    assert (
        annotations()["checksum/secrets"] != annotations("secrets.revision=2")["checksum/secrets"]
    )


def egress_ports(objects: list[Object], part: str) -> set[tuple[str, int]]:
    policy = one(objects, "NetworkPolicy", part)["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == part[1:]
    return {
        (port.get("protocol", "TCP"), port["port"])
        for rule in policy["egress"]
        for port in rule["ports"]
        if "to" not in rule
    }


def test_network_policies_are_on_and_allow_only_what_is_needed() -> None:
    dns = {("UDP", 53), ("TCP", 53)}
    objects = rendered()
    assert egress_ports(objects, "-endpoint") == {*dns, ("TCP", 443), ("TCP", 6379)}
    media = {("UDP", 3478), ("UDP", 7882), ("UDP", 50000), ("TCP", 7881)}
    assert egress_ports(objects, "-worker") == {*dns, *media, ("TCP", 443), ("TCP", 6379)}
    ingress = one(objects, "NetworkPolicy", "-endpoint")["spec"]["ingress"]
    assert ingress == [{"ports": [{"port": "http"}]}]
    assert one(objects, "NetworkPolicy", "-worker")["spec"]["ingress"] == [
        {"ports": [{"port": "health"}]}
    ]
    assert not [o for o in rendered("networkPolicy.enabled=false") if o["kind"] == "NetworkPolicy"]


def test_network_policy_allows_the_metadata_server_if_vertex_ai_has_no_key() -> None:
    vertex = "config.GOOGLE_GENAI_USE_VERTEXAI=true"
    key = "worker.config.GOOGLE_APPLICATION_CREDENTIALS=/run/secrets/vertex.json"
    for settings, allowed in (((), False), ((vertex,), True), ((vertex, key), False)):
        objects = rendered(*settings)
        assert ("169.254.169.254/32" in str(one(objects, "NetworkPolicy", "-worker"))) == allowed
        assert "169.254" not in str(one(objects, "NetworkPolicy", "-endpoint"))


def test_network_policies_allow_the_ports_of_all_addresses() -> None:
    objects = rendered(
        *("config.LIVEKIT_URL=ws://livekit.lk:7880", "networkPolicy.redisPort=6380"),
        *("config.OTEL_EXPORTER_OTLP_ENDPOINT=http://otel:4318/", "endpoint.config.X=http://plain"),
        *("worker.extraEnv[0].name=HTTPS_PROXY", "worker.extraEnv[0].value=http://proxy:3128"),
        *("worker.extraEnv[1].name=A", "worker.extraEnv[1].valueFrom.fieldRef.fieldPath=a.b"),
    )
    shared = {("TCP", 7880), ("TCP", 6380), ("TCP", 4318)}
    worker, endpoint = (egress_ports(objects, part) for part in ("-worker", "-endpoint"))
    assert {*shared, ("TCP", 3128)} <= worker
    assert {*shared, ("TCP", 80)} <= endpoint
    assert ("TCP", 3128) not in endpoint
    origins = "https://a.example.com:8443\\,https://b.example.com:9443"
    rendered(f"endpoint.config.CORS_ALLOWED_ORIGINS={origins}")
    everything = rendered(*EVERYTHING)
    for part in ("-worker", "-endpoint"):
        assert ("TCP", 4318) in egress_ports(everything, part)
        rules = one(everything, "NetworkPolicy", part)["spec"]["ingress"]
        [metrics] = [rule for rule in rules if rule["ports"] == [{"port": "metrics"}]]
        assert metrics["from"] == [{"podSelector": {"matchLabels": {"app": "prometheus"}}}]


def images(*settings: str) -> dict[str, str]:
    objects = rendered(*settings)
    return {
        part: one(objects, "Deployment", part)["spec"]["template"]["spec"]["containers"][0]["image"]
        for part in ("-worker", "-endpoint")
    }


def test_endpoint_can_be_updated_before_the_workers() -> None:
    """docs/upgrading.md: the endpoint first, then the workers."""
    first = images("image.tag=2.0.0", "worker.imageTag=1.0.0", f"image.digest=sha256:{'a' * 64}")
    assert first == {
        "-worker": "training-greeter:1.0.0",
        "-endpoint": f"training-greeter:2.0.0@sha256:{'a' * 64}",
    }
    assert set(images("image.tag=2.0.0").values()) == {"training-greeter:2.0.0"}
    back = images("image.tag=1.0.0", "endpoint.imageTag=2.0.0")
    assert back == {"-worker": "training-greeter:1.0.0", "-endpoint": "training-greeter:2.0.0"}


def test_extra_variables_and_volumes_reach_the_container() -> None:
    pod = one(rendered(*EVERYTHING), "Deployment", "-worker")["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert {"name": "HTTPS_PROXY", "value": "http://proxy:3128"} in container["env"]
    assert {"name": "recordings", "mountPath": "/app/recordings"} in container["volumeMounts"]
    assert {"writable-0", "recordings"} <= {volume["name"] for volume in pod["volumes"]}


def test_rules_of_the_chart_are_those_of_this_namespace() -> None:
    objects = rendered(*EVERYTHING)
    monitor = one(objects, "PodMonitor", "")["spec"]
    assert monitor["jobLabel"] == "app.kubernetes.io/name", "the rules select the job by its name"
    labels = one(objects, "Deployment", "-worker")["spec"]["template"]["metadata"]["labels"]
    assert monitor["selector"]["matchLabels"].items() <= labels.items()
    groups = one(objects, "PrometheusRule", "")["spec"]["groups"]
    alerts = {r["alert"]: r for group in groups for r in group["rules"] if "alert" in r}
    assert {"TrainingGreeterNoWorker", "TrainingGreeterErrorBudgetBurnsFast"} <= alerts.keys()
    for alert in alerts.values():
        if "job=" in alert["expr"]:
            assert 'job=~".*training-greeter.*", namespace="default"' in alert["expr"]
        address = alert["annotations"]["runbook_url"]
        assert address.startswith("https://git.example.com/tg/docs/runbook.md#")
    [board] = [o for o in objects if o["metadata"]["name"].endswith("-dashboard")]
    assert json.loads(board["data"]["training-greeter.json"])["uid"] == "training-greeter"


def test_rules_of_the_worker_need_its_metrics() -> None:
    objects = rendered("metrics.endpointPort=9465", "metrics.rules.enabled=true")
    text = yaml.safe_dump(one(objects, "PrometheusRule", ""))
    assert "TrainingGreeterEndpointIsGone" in text
    assert "TrainingGreeterNoWorker" not in text
    assert "metrics.endpointPort" in refusal(NEEDED, "metrics.rules.enabled=true")
    assert "metrics.workerPort" in refusal(NEEDED, "metrics.podMonitor.enabled=true")


def test_schema_describes_every_value() -> None:
    def names(values: Any, schema: Object) -> None:
        if not isinstance(values, dict) or "properties" not in schema:
            return
        assert values.keys() <= schema["properties"].keys()
        for name, value in values.items():
            names(value, schema["properties"][name])

    schema = json.loads((CHART / "values.schema.json").read_text())
    values_file = yaml.safe_load((CHART / "values.yaml").read_text())
    names(values_file, schema)
    jsonschema.validate(values_file, schema)


def test_probes_are_as_documented() -> None:
    """docs/operations.md: `/healthz`, a timeout of 5 s, and three failures."""
    for part in ("-worker", "-endpoint"):
        [pod] = one(rendered(), "Deployment", part)["spec"]["template"]["spec"]["containers"]
        alive = pod["livenessProbe"]
        assert alive["httpGet"]["path"] == "/healthz"
        assert (alive["timeoutSeconds"], alive["failureThreshold"]) == (5, 3)
        assert pod["readinessProbe"]["timeoutSeconds"] == 5
    [worker] = one(rendered(), "Deployment", "-worker")["spec"]["template"]["spec"]["containers"]
    start = worker["startupProbe"]
    assert start["timeoutSeconds"] == 5
    assert start["periodSeconds"] * start["failureThreshold"] >= 120, "STARTUP_TIMEOUT_S, twice"
