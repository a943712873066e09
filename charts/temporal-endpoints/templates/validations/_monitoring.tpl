{{- define "temporal-endpoints.validate.monitoring" -}}
{{- $scope := .scope }}
{{- if and (not $scope.isIncluded) $scope.install.podMonitor (not $scope.metrics.port) }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" "install.podMonitor makes Prometheus read the port metrics, but metrics.port is not set." "set" "temporal:\n  metrics:\n    port: 9000") }}
{{- end }}
{{- if and (not $scope.isIncluded) $scope.install.prometheusRule (not $scope.isKeda) }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" "install.prometheusRule installs alerts on KEDA's metrics, but with `scaling: fixed` KEDA scales nothing." "set" "temporal:\n  install:\n    prometheusRule: false") }}
{{- end }}
{{- end }}
