{{- define "temporal-endpoints.validate.monitoring" -}}
{{- $scope := .scope }}
{{- if and (not $scope.isIncluded) $scope.install.podMonitor (not $scope.metrics.port) }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" "install.podMonitor has Prometheus read the port named metrics, and workers have none." "set" "temporal:\n  metrics:\n    port: 9000") }}
{{- end }}
{{- if and (not $scope.isIncluded) $scope.install.prometheusRule (not $scope.isKeda) }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" "install.prometheusRule installs alerts on what KEDA measures, and with `scaling: fixed` nothing is scaled by KEDA." "set" "temporal:\n  install:\n    prometheusRule: false") }}
{{- end }}
{{- end }}
