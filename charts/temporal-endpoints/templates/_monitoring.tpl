{{- /*
Monitoring: what Prometheus is told of the workers. Metrics are KEDA's operator's (pkg/metricscollector/prommetrics.go),
kube-state-metrics' and the Temporal SDKs'; schemas/metrics.yaml lists them with their labels and sources.
*/ -}}

{{- /* temporal-endpoints.workerLabels: which pods are this llm-engine's Temporal workers. In: the scope. */ -}}
{{- define "temporal-endpoints.workerLabels" -}}
endpoint_type: temporal
managed-by: {{ .launchName | quote }}
{{- end }}

{{- /*
temporal-endpoints.kedaMetric: the series of one of KEDA's metrics for the ScaledObjects in the endpoints' namespace, with
that as the label `namespace`. Where Prometheus scrapes KEDA without honorLabels, `namespace` is KEDA's own, and the
ScaledObject's is `exported_namespace`. In: `metric`, with a function around it if `range` is set; `namespace`; `more`,
matchers that begin with a comma.
*/ -}}
{{- define "temporal-endpoints.kedaMetric" -}}
{{- $before := "" }}
{{- $after := "" }}
{{- if .range }}
{{- $before = "increase(" }}
{{- $after = printf "[%s])" .range }}
{{- end -}}
(
  {{ $before }}{{ .metric }}{namespace="{{ .namespace }}"{{ .more }}}{{ $after }}
  or label_replace({{ $before }}{{ .metric }}{exported_namespace="{{ .namespace }}"{{ .more }}}{{ $after }}, "namespace", "{{ .namespace }}", "", "")
)
{{- end }}

{{- /*
temporal-endpoints.backlogWaits: the ScaledObjects whose trigger is active: their queue has a backlog above
activationTargetQueueSize. KEDA tells that at every poll; the backlog itself only while there is a worker. In: the scope.
*/ -}}
{{- define "temporal-endpoints.backlogWaits" -}}
max by (namespace, scaledObject) {{ include "temporal-endpoints.kedaMetric" (dict "metric" "keda_scaler_active" "namespace" .endpointNamespace "more" `,metric=~"s[0-9]+-temporal-.+"` "range" "") }} == 1
{{- end }}
