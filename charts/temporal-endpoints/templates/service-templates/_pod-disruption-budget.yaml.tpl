{{- define "temporal-endpoints.pod-disruption-budget.yaml" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: "${RESOURCE_NAME}"
  namespace: "${NAMESPACE}"
  labels:
    {{- include "temporal-endpoints.endpointLabels" . | nindent 4 }}
spec:
  {{- range $field := list "maxUnavailable" "minAvailable" }}
  {{- $workers := index $.podDisruptionBudget $field }}
  {{- if kindIs "string" $workers }}
  {{ $field }}: {{ include "temporal-endpoints.quoted" $workers }}
  {{- else if not (kindIs "invalid" $workers) }}
  {{ $field }}: {{ int $workers }}
  {{- end }}
  {{- end }}
  {{- with .podDisruptionBudget.unhealthyPodEvictionPolicy }}
  unhealthyPodEvictionPolicy: {{ . }}
  {{- end }}
  selector:
    matchLabels:
      {{- include "temporal-endpoints.selectorLabels" . | nindent 6 }}
{{- end }}
