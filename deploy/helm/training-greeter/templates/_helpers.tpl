{{/* The name of a Service has at most 63 characters, begins with a letter, and has no dots. "-dashboard" is added. */}}
{{- define "greeter.name" -}}
{{- $release := replace "." "-" .Release.Name }}
{{- if not (regexMatch "^[a-z]" $release) }}
{{- fail (printf "the release is named %s: Kubernetes needs a name that begins with a letter, such as greeter" .Release.Name) }}
{{- end }}
{{- $name := ternary $release (printf "%s-%s" $release .Chart.Name) (contains .Chart.Name $release) }}
{{- $name | trunc 53 | trimSuffix "-" -}}
{{- end }}

{{- define "greeter.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{/* A value as text. Helm reads a whole number as a float, and would write 1.23e+11 for a project's number. */}}
{{- define "greeter.text" -}}
{{- if and (kindIs "float64" .) (eq . (floor .)) }}{{ printf "%.0f" . }}{{ else }}{{ . }}{{ end }}
{{- end }}

{{/* Refuse variables that would be ignored, and secrets, which everyone who may read a ConfigMap would see. */}}
{{- define "greeter.checkConfig" -}}
{{- if not .Values.config.LIVEKIT_URL }}
{{- fail "config.LIVEKIT_URL is needed: --set config.LIVEKIT_URL=wss://livekit.example.com" }}
{{- end }}
{{- if not (regexMatch "^(wss?|https?)://[^ @]+$" (toString .Values.config.LIVEKIT_URL)) }}
{{- fail "config.LIVEKIT_URL must look like wss://livekit.example.com" }}
{{- end }}
{{- $secret := "^REDIS_URL$|^OTEL_EXPORTER_OTLP_.*HEADERS$|(_SECRET|_ACCESS_KEY|_API_KEY)(_PREVIOUS)?$" }}
{{- $password := "://[^/@]*:[^/@]+@" }}
{{- $same := list "LIVEKIT_AGENT_NAME" "OUTCOME_DETAIL" "OUTCOME_WEBHOOK_URL" "AVATAR_MINUTES_PER_DAY" "RETENTION_DAYS" }}
{{- $probes := list "AGENT_HTTP_PORT" "AGENT_HTTP_HOST" }}
{{- $instead := dict "MAX_JOBS" "worker.maxJobs" "MAX_GREETING_S" "worker.maxGreetingSeconds" "DRAIN_TIMEOUT_S" "worker.drainSeconds" "AGENT_METRICS_PORT" "metrics.workerPort" "ENDPOINT_METRICS_PORT" "metrics.endpointPort" }}
{{- range $where, $config := dict "config" .Values.config "worker.config" .Values.worker.config "endpoint.config" .Values.endpoint.config }}
{{- range $name, $value := $config }}
{{- with get $instead $name }}
{{- fail (printf "%s.%s has no effect: set %s instead" $where $name .) }}
{{- end }}
{{- if has $name $probes }}
{{- fail (printf "%s.%s: remove it, the worker's probes use port 8081 of the pod" $where $name) }}
{{- end }}
{{- if and (has $name $same) (ne $where "config") }}
{{- fail (printf "%s.%s: set config.%s, worker and endpoint need the same value" $where $name $name) }}
{{- end }}
{{- if regexMatch $secret $name }}
{{- fail (printf "%s.%s is a secret: put it into one of the Secrets that `secrets` names" $where $name) }}
{{- end }}
{{- if regexMatch $password (toString $value) }}
{{- fail (printf "%s.%s contains a password: put it into one of the Secrets that `secrets` names" $where $name) }}
{{- end }}
{{- end }}
{{- end }}
{{- range $where, $part := dict "worker" .Values.worker "endpoint" .Values.endpoint }}
{{- range $part.extraEnv }}
{{- if get $instead .name }}
{{- fail (printf "%s.extraEnv: set %s instead of %s" $where (get $instead .name) .name) }}
{{- end }}
{{- if has .name $probes }}
{{- fail (printf "%s.extraEnv: remove %s, the worker's probes use port 8081 of the pod" $where .name) }}
{{- end }}
{{- if has .name $same }}
{{- fail (printf "%s.extraEnv: set config.%s, worker and endpoint need the same value" $where .name) }}
{{- end }}
{{- if and (hasKey . "value") (or (regexMatch $secret .name) (regexMatch $password (toString .value))) }}
{{- fail (printf "%s.extraEnv: %s is a secret: use valueFrom, or put it into one of the Secrets that `secrets` names" $where .name) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Refuse an autoscaler that would never scale, and a metrics port that is in use. */}}
{{- define "greeter.checkNumbers" -}}
{{- range $part := list "worker" "endpoint" }}
{{- $scaling := (index $.Values $part).autoscaling }}
{{- if and $scaling.enabled (gt (int $scaling.minReplicas) (int $scaling.maxReplicas)) }}
{{- fail (printf "%s.autoscaling.minReplicas is greater than maxReplicas" $part) }}
{{- end }}
{{- end }}
{{- if and .Values.worker.autoscaling.enabled .Values.worker.autoscaling.jobsPerPod (not .Values.metrics.workerPort) }}
{{- fail "worker.autoscaling.jobsPerPod needs metrics.workerPort: without metrics the number of workers never changes" }}
{{- end }}
{{- if eq (int .Values.metrics.workerPort) 8081 }}
{{- fail "metrics.workerPort: 8081 is the worker's health port; set another one, such as 9464" }}
{{- end }}
{{- if eq (int .Values.metrics.endpointPort) 8000 }}
{{- fail "metrics.endpointPort: 8000 is the endpoint's own port; set another one, such as 9465" }}
{{- end }}
{{- range $part := list "worker" "endpoint" }}
{{- $values := index $.Values $part }}
{{- $paths := $values.writablePaths }}
{{- range $values.extraVolumeMounts }}{{ $paths = append $paths .mountPath }}{{ end }}
{{- if not (has "/tmp" $paths) }}
{{- fail (printf "%s.writablePaths needs /tmp: everything else in the container is read-only" $part) }}
{{- end }}
{{- if ne (len $paths) (len (uniq $paths)) }}
{{- fail (printf "%s: two volumes are mounted at the same path: remove the path of extraVolumeMounts from writablePaths" $part) }}
{{- end }}
{{- end }}
{{- range .Values.networkPolicy.mediaPorts }}
{{- if and .endPort (lt (int .endPort) (int .port)) }}
{{- fail "networkPolicy.mediaPorts: endPort is less than port" }}
{{- end }}
{{- end }}
{{- end }}

{{/*
The checksums restart pods when their configuration or their Secrets change. Helm reads the Secrets from
the cluster; `helm template` cannot, so GitOps tools need a new `secrets.revision` after a rotation.
*/}}
{{- define "greeter.podAnnotations" -}}
checksum/config: {{ include (print $.Template.BasePath "/config.yaml") . | sha256sum }}
checksum/secrets: {{ include "greeter.secrets" . | sha256sum }}
{{- with .Values.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "greeter.secrets" -}}
{{ .Values.secrets.revision }}
{{- range $name := list .Values.secrets.shared .Values.secrets.worker .Values.secrets.endpoint }}
{{- with lookup "v1" "Secret" $.Release.Namespace $name }}{{ .data | toJson }}{{ end }}
{{- end }}
{{- end }}

{{- define "greeter.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{ .Values.serviceAccount.name | default (include "greeter.name" .) }}
{{- else -}}
{{ .Values.serviceAccount.name | default "default" }}
{{- end -}}
{{- end }}

{{/* SQLite is for one worker and one endpoint that share a volume; everything else needs Redis. */}}
{{- define "greeter.checkStore" -}}
{{- if eq .Values.store "sqlite" }}
{{- range $part := list "worker" "endpoint" }}
{{- $values := index $.Values $part }}
{{- if or $values.autoscaling.enabled (gt (int $values.replicas) 1) }}
{{- fail (printf "store: sqlite allows one %s only: set store: redis (and REDIS_URL in the Secret), or %s.replicas: 1 and %s.autoscaling.enabled: false" $part $part $part) }}
{{- end }}
{{- $paths := list }}
{{- range $values.extraVolumeMounts }}{{ $paths = append $paths .mountPath }}{{ end }}
{{- if not (has "/app/.state" $paths) }}
{{- fail (printf "store: sqlite needs a persistent volume at /app/.state, shared by worker and endpoint: set %s.extraVolumes and %s.extraVolumeMounts, or store: redis" $part $part) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "greeter.env" -}}
- { name: HOME, value: /tmp }
{{- if eq .root.Values.store "redis" }}
# Named here, so that a Secret without it keeps the pod from starting.
- name: REDIS_URL
  valueFrom: { secretKeyRef: { name: {{ .root.Values.secrets.shared }}, key: REDIS_URL } }
{{- end }}
{{- with .part.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "greeter.pod" -}}
serviceAccountName: {{ include "greeter.serviceAccountName" . }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: { type: RuntimeDefault }
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "greeter.container" -}}
{{- $image := .root.Values.image }}
image: "{{ $image.repository }}:{{ .part.imageTag | default $image.tag | default .root.Chart.AppVersion }}{{ with $image.digest }}{{ if not $.part.imageTag }}@{{ . }}{{ end }}{{ end }}"
imagePullPolicy: {{ $image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{/* Spread pods over nodes, so that the loss of one node does not stop all of them. */}}
{{- define "greeter.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{ . | nindent 8 }}
{{- end }}

{{- define "greeter.volumes" -}}
volumes:
  {{- range $i, $path := .writablePaths }}
  - name: writable-{{ $i }}
    emptyDir: {}
  {{- end }}
  {{- with .extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{- define "greeter.mounts" -}}
volumeMounts:
  {{- range $i, $path := .writablePaths }}
  - { name: writable-{{ $i }}, mountPath: {{ $path }} }
  {{- end }}
  {{- with .extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/*
TCP ports that a process connects to: HTTPS, Redis, and the ports of all addresses in its variables.
Addresses in Secrets are not known here: networkPolicy.redisPort, networkPolicy.extraEgress.
*/}}
{{- define "greeter.egressPorts" -}}
{{- $ports := list "443" }}
{{- if eq .root.Values.store "redis" }}{{ $ports = append $ports (toString .root.Values.networkPolicy.redisPort) }}{{ end }}
{{- $values := concat (values .root.Values.config) (values .part.config) }}
{{- range .part.extraEnv }}{{ $values = append $values (.value | default "") }}{{ end }}
{{- range $values }}
{{- if regexMatch "^(https?|wss?)://" (toString .) }}
{{- $authority := regexFind "^[a-z]+://[^/?#,]*" (toString .) }}
{{- $port := regexFind ":[0-9]+$" $authority | trimPrefix ":" }}
{{- $ports = append $ports ($port | default (ternary "80" "443" (regexMatch "^(http|ws):" $authority))) }}
{{- end }}
{{- end }}
{{- $ports | uniq | sortAlpha | join " " }}
{{- end }}
