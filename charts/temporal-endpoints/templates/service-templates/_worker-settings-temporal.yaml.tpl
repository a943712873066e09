{{- /*
temporal-endpoints.worker-settings-temporal.yaml: what `temporal_endpoints_worker` reads of its endpoint, as variables of a
ConfigMap, since a worker's env list is one argument of the control plane. A change of it restarts nobody. In: the scope.
*/ -}}
{{- define "temporal-endpoints.worker-settings-temporal.yaml" -}}
{{- $readiness := default dict (default dict .probes.readiness).httpGet -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: "${RESOURCE_NAME}-worker"
  namespace: "${NAMESPACE}"
  labels:
    {{- include "temporal-endpoints.endpointLabels" . | nindent 4 }}
data:
  TEMPORAL_WORKER_SLOTS: "${PER_WORKER}"
  {{- if kindIs "invalid" .temporal.terminationGracePeriodSeconds }}
  TEMPORAL_WORKER_GRACE_SECONDS: "30"
  {{- else }}
  TEMPORAL_WORKER_GRACE_SECONDS: {{ int64 .temporal.terminationGracePeriodSeconds | quote }}
  {{- end }}
  {{- with .metrics.port }}
  TEMPORAL_WORKER_METRICS_PORT: {{ int . | quote }}
  {{- end }}
  {{- if and (eq (toString $readiness.path) "/ready") (not (kindIs "string" $readiness.port)) }}
  TEMPORAL_WORKER_READY_PORT: {{ int $readiness.port | quote }}
  {{- end }}
{{- end }}
