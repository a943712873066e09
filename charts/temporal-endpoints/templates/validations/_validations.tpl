{{- /*
What values.schema.json cannot say, as it spans fields. Every problem is collected, each with the YAML to set, and the
chart fails once. Runs before anything else is rendered from the scope. In: the scope.
*/ -}}
{{- define "temporal-endpoints.validate" -}}
{{- $found := dict "scope" . "problems" list }}
{{- range list "names" "scaling" "connection" "podSecurity" "pods" }}
{{- include (printf "temporal-endpoints.validate.%s" .) $found }}
{{- end }}
{{- with $found.problems }}
{{- $lines := list (printf "temporal-endpoints cannot use these values (%d %s):" (len .) (ternary "problem" "problems" (eq (len .) 1))) }}
{{- /* not reached: `with` leaves out an empty list. */}}
{{- range $index, $problem := . }}
{{- $lines = append $lines (printf "\n%d. %s Set:\n\n%s" (add1 $index) $problem.what ($problem.set | trim | indent 5)) }}
{{- end }}
{{- fail (printf "%s\n" (join "\n" $lines)) }}
{{- end }}
{{- end }}

{{- /* temporal-endpoints.problem: notes one problem. In: `found`; `what`, one or two sentences; `set`, the YAML to set. */ -}}
{{- define "temporal-endpoints.problem" -}}
{{- $_ := set .found "problems" (append .found.problems (dict "what" .what "set" .set)) }}
{{- end }}

{{- define "temporal-endpoints.validate.names" -}}
{{- $scope := .scope }}
{{- if eq $scope.fullname $scope.launchName }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" (printf "This release would install %s-service-template-config, which is the name of llm-engine's own ConfigMap." $scope.fullname) "set" (printf "temporal:\n  fullnameOverride: %s-temporal" ($scope.fullname | trunc 28 | trimSuffix "-"))) }}
{{- end }}
{{- end }}

{{- define "temporal-endpoints.validate.scaling" -}}
{{- $scope := .scope }}
{{- $keda := $scope.keda }}
{{- if $scope.isKeda }}
{{- if and (not $scope.connection.address) (ne $scope.connection.addressFrom "argument") }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" "With `scaling: keda` KEDA must know where the Temporal frontend is." "set" "temporal:\n  connection:\n    address: temporal-frontend.temporal:7233") }}
{{- end }}
{{- if and $keda.workflowTaskQueueForCount (not $keda.includeRunningWorkflowCount) }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" "KEDA refuses workflowTaskQueueForCount unless running workflows are counted." "set" "temporal:\n  keda:\n    includeRunningWorkflowCount: true") }}
{{- end }}
{{- if and $scope.pause.enabled (not (kindIs "invalid" $scope.pause.replicas)) }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" "pause.enabled keeps the replica count and pause.replicas changes it; KEDA would follow the second." "set" "temporal:\n  keda:\n    pause:\n      enabled: false") }}
{{- end }}
{{- if and $scope.fallback.enabled (eq (toString $scope.fallback.replicas) "0") }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" "With fallback.replicas: 0 KEDA takes every worker down when Temporal cannot be asked." "set" "temporal:\n  keda:\n    fallback:\n      replicas: null") }}
{{- end }}
{{- if $keda.authenticationRef }}
{{- if not $keda.authenticationRef.name }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" "keda.authenticationRef names no TriggerAuthentication." "set" "temporal:\n  keda:\n    authenticationRef:\n      name: temporal\n      kind: ClusterTriggerAuthentication") }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /*
KEDA's Temporal scaler turns TLS on only with a client certificate or an API key, trusts a private authority only with a
client certificate, and before 2.21 always uses TLS with an API key. What it would ignore, or send in the clear, is
refused (pkg/scalers/temporal_scaler.go, buildTemporalTLSConfig).
*/ -}}
{{- define "temporal-endpoints.validate.connection" -}}
{{- $found := . }}
{{- $scope := .scope }}
{{- $tls := $scope.tls }}
{{- $isOff := eq (toString $tls.enabled) "false" }}
{{- if and $isOff $tls.secretName }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" "connection.tls.secretName gives a client certificate while connection.tls.enabled is false." "set" "temporal:\n  connection:\n    tls:\n      enabled: null") }}
{{- end }}
{{- if and $tls.ca (not $tls.secretName) }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" "connection.tls.ca says that the Secret with the client certificate also holds ca.crt, but there is no such Secret." "set" "temporal:\n  connection:\n    tls:\n      secretName: temporal-client-certificate") }}
{{- end }}
{{- if and $scope.isKeda (not $scope.keda.authenticationRef) }}
{{- if not (or $scope.apiKeySecret $tls.secretName) }}
{{- if or (eq (toString $tls.enabled) "true") $tls.serverName $tls.disableHostVerification }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" "Without an API key or a client certificate KEDA speaks to Temporal in plain text, whatever connection.tls says, so it would not reach a frontend with TLS." "set" "temporal:\n  connection:\n    apiKey:\n      secretName: temporal-api-key    # or tls.secretName, for a client certificate") }}
{{- end }}
{{- end }}
{{- if and $scope.apiKeySecret $isOff (ne (toString $scope.keda.enableTLS) "false") }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" "Workers would send the API key without TLS and KEDA with it. KEDA 2.21 and later can do without, if that is meant." "set" "temporal:\n  connection:\n    tls:\n      enabled: null    # or, in the clear: keda.enableTLS: false") }}
{{- end }}
{{- if and (eq (toString $scope.keda.enableTLS) "true") $isOff }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" "keda.enableTLS is true while connection.tls.enabled is false, so KEDA and workers would not speak the same way to Temporal." "set" "temporal:\n  keda:\n    enableTLS: null") }}
{{- end }}
{{- if and (eq (toString $scope.keda.enableTLS) "false") (not $scope.apiKeySecret) }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" "keda.enableTLS says how an API key travels, and there is none." "set" "temporal:\n  keda:\n    enableTLS: null") }}
{{- else if and (eq (toString $scope.keda.enableTLS) "false") (not $isOff) }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" "keda.enableTLS is false, so KEDA would send the API key in the clear while workers use TLS." "set" "temporal:\n  keda:\n    enableTLS: null") }}
{{- end }}
{{- end }}
{{- end }}
