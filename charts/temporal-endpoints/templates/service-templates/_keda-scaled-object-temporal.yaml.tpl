{{- define "temporal-endpoints.keda-scaled-object-temporal.yaml" -}}
{{- if not .isKeda -}}
# temporal.scaling is fixed: the Deployment owns its replicas, so there is no ScaledObject.
{{- else -}}
{{- $keda := .keda -}}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: "${RESOURCE_NAME}"
  namespace: "${NAMESPACE}"
  labels:
    {{- include "temporal-endpoints.endpointLabels" . | nindent 4 }}
  {{- with include "temporal-endpoints.scaledObjectAnnotations" . | trim }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: "${RESOURCE_NAME}"
  {{- range $field := list "pollingInterval" "initialCooldownPeriod" "idleReplicaCount" }}
  {{- $number := index $keda $field }}
  {{- if not (kindIs "invalid" $number) }}
  {{ $field }}: {{ int $number }}
  {{- end }}
  {{- end }}
  cooldownPeriod: {{ include "temporal-endpoints.cooldownPeriod" . }}
  minReplicaCount: ${MIN_WORKERS}
  maxReplicaCount: ${MAX_WORKERS}
  {{- if .fallback.enabled }}
  fallback:
    failureThreshold: {{ int (default 3 .fallback.failureThreshold) }}
    behavior: {{ default "currentReplicas" .fallback.behavior }}
    {{- if kindIs "invalid" .fallback.replicas }}
    replicas: ${MAX_WORKERS}
    {{- else }}
    replicas: {{ int .fallback.replicas }}
    {{- end }}
  {{- end }}
  advanced:
    restoreToOriginalReplicaCount: {{ default false $keda.restoreToOriginalReplicaCount }}
    {{- with $keda.behavior }}
    horizontalPodAutoscalerConfig:
      behavior:
        {{- include "temporal-endpoints.yaml" . | nindent 8 }}
    {{- end }}
  triggers:
    - type: temporal
      {{- if $keda.useCachedMetrics }}
      useCachedMetrics: true
      {{- end }}
      metadata:
        {{- include "temporal-endpoints.triggerMetadata" . | nindent 8 }}
      {{- if $keda.authenticationRef }}
      authenticationRef:
        {{- include "temporal-endpoints.yaml" $keda.authenticationRef | nindent 8 }}
      {{- else if or .apiKeySecret .tls.secretName }}
      authenticationRef:
        name: "${RESOURCE_NAME}"
      {{- end }}
{{- end }}
{{- end }}

{{- /*
temporal-endpoints.cooldownPeriod: activities in flight are no backlog, and KEDA's step to zero skips the HPA's pace: so
by default not before a worker could have finished what it had. 300 is KEDA's own default. In: the scope.
*/ -}}
{{- define "temporal-endpoints.cooldownPeriod" -}}
{{- if kindIs "invalid" .keda.cooldownPeriod }}
{{- max 300 (int (default 30 .temporal.terminationGracePeriodSeconds)) }}
{{- else }}
{{- int .keda.cooldownPeriod }}
{{- end }}
{{- end }}

{{- /*
temporal-endpoints.triggerMetadata: the trigger's fields; KEDA takes texts only. Those of KEDA 2.21 are left out unless
asked for, as older versions ignore them without a word. In: the scope.
*/ -}}
{{- define "temporal-endpoints.triggerMetadata" -}}
{{- if eq .connection.addressFrom "argument" -}}
endpoint: "${TEMPORAL_ADDRESS}"
{{- else -}}
endpoint: {{ include "temporal-endpoints.quoted" .connection.address }}
{{- end }}
{{- if eq .connection.namespaceFrom "argument" }}
namespace: "${TEMPORAL_NAMESPACE}"
{{- else }}
namespace: {{ include "temporal-endpoints.quoted" (default "default" .connection.namespace) }}
{{- end }}
taskQueue: "${TEMPORAL_TASK_QUEUE}"
{{- if kindIs "invalid" .keda.targetQueueSize }}
targetQueueSize: "${PER_WORKER}"
{{- else }}
targetQueueSize: {{ int .keda.targetQueueSize | quote }}
{{- end }}
queueTypes: {{ join "," (default (list "activity") .keda.queueTypes) | quote }}
{{- range $field := list "activationTargetQueueSize" "minConnectTimeout" }}
{{- $number := index $.keda $field }}
{{- if not (kindIs "invalid" $number) }}
{{ $field }}: {{ int $number | quote }}
{{- end }}
{{- end }}
{{- range $field := list "enableTLS" "includeRunningWorkflowCount" }}
{{- $asked := index $.keda $field }}
{{- if kindIs "bool" $asked }}
{{ $field }}: {{ $asked | quote }}
{{- end }}
{{- end }}
{{- with .keda.workflowTaskQueueForCount }}
workflowTaskQueueForCount: {{ include "temporal-endpoints.quoted" . }}
{{- end }}
{{- with .tls.serverName }}
tlsServerName: {{ include "temporal-endpoints.quoted" . }}
{{- end }}
{{- if .tls.disableHostVerification }}
unsafeSsl: "true"
{{- end }}
{{- end }}

{{- /* temporal-endpoints.scaledObjectAnnotations: pausing, and the user's own. In: the scope. */ -}}
{{- define "temporal-endpoints.scaledObjectAnnotations" -}}
{{- if .pause.enabled }}
autoscaling.keda.sh/paused: "true"
{{- end }}
{{- if not (kindIs "invalid" .pause.replicas) }}
autoscaling.keda.sh/paused-replicas: {{ int .pause.replicas | quote }}
{{- end }}
{{- if .pause.scaleIn }}
autoscaling.keda.sh/paused-scale-in: "true"
{{- end }}
{{- if .pause.scaleOut }}
autoscaling.keda.sh/paused-scale-out: "true"
{{- end }}
{{- with .scaledObjectAnnotations }}
{{ include "temporal-endpoints.yaml" . }}
{{- end }}
{{- end }}
