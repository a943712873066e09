{{- /*
How scope is passed. Every define below that belongs to a service template takes one map, the *scope*, built once by
`temporal-endpoints.scope` from .Values and .Release alone, so that another chart (llm-engine's) can call them with its
own root. Nothing here reads .Chart or .Files, but for `temporal-endpoints.chartLabel`, which only this chart's own
objects use.

  temporal-endpoints.scope         sets the scope's keys                      every entry point
  temporal-endpoints.addDefaults   defaults under a map, null respected       scope, serviceTemplates
  temporal-endpoints.withoutNull   removes null entries                       scope
  temporal-endpoints.quoted        a value as text in double quotes           service templates
  temporal-endpoints.yaml          a value as YAML                            service templates
  temporal-endpoints.labels        labels of what the release installs        installed objects
*/ -}}

{{- /*
temporal-endpoints.scope: fills the map it is given. In: `Values`, `Release`, `fullname`. Sub-maps that the user set to
null come out as empty maps, so that no template trips over them.
*/ -}}
{{- define "temporal-endpoints.scope" -}}
{{- range $key := list "Values" "Release" "fullname" }}
{{- /* not reached: a mistake of the template that calls this, not of the values. */}}
{{- if not (hasKey $ $key) }}
{{- fail (printf "temporal-endpoints.scope: the key %q is missing. Pass a dict with Values, Release and fullname." $key) }}
{{- end }}
{{- end }}
{{- $values := .Values }}
{{- $temporal := default dict $values.temporal }}
{{- $connection := default dict $temporal.connection }}
{{- $serviceTemplate := default dict $values.serviceTemplate }}
{{- $launch := (default dict (default dict $values.config).values).launch | default dict }}
{{- $_ := set . "temporal" $temporal }}
{{- $_ := set . "connection" $connection }}
{{- $_ := set . "tls" (default dict $connection.tls) }}
{{- $_ := set . "apiKeySecret" (default "" (default dict $connection.apiKey).secretName) }}
{{- range $key := list "keda" "probes" "metrics" "gpu" "sharedMemory" "podDisruptionBudget" "verticalPodAutoscaler" "configMap" "install" "networkPolicy" "test" }}
{{- $_ := set $ $key (default dict (index $temporal $key)) }}
{{- end }}
{{- $_ := set . "fallback" (default dict .keda.fallback) }}
{{- $_ := set . "pause" (default dict .keda.pause) }}
{{- $_ := set . "serviceTemplate" $serviceTemplate }}
{{- $_ := set . "context" (default "" $values.context) }}
{{- $_ := set . "datadogEnvironment" (default .context (default dict $values.datadog).env) }}
{{- $_ := set . "azure" (not (empty $values.azure)) }}
{{- $_ := set . "isKeda" (eq (default "fixed" $temporal.scaling) "keda") }}
{{- $_ := set . "launchName" (include "temporal-endpoints.launchName" .) }}
{{- $_ := set . "endpointNamespace" (default .Release.Namespace $launch.endpoint_namespace) }}
{{- $_ := set . "serviceAccountName" (default .launchName $serviceTemplate.serviceAccountName) }}
{{- $_ := set . "awsConfigMap" (and $values.aws (default (default dict $values.aws.configMap).name $serviceTemplate.awsConfigMapName)) }}
{{- /* One condition for the volume and its mount: prior art had two, and a mount without its volume. */}}
{{- $_ := set . "infraConfig" (and $serviceTemplate.mountInfraConfig (not (empty (default dict $values.config).values))) }}
{{- $_ := set . "level" (default "restricted" $temporal.podSecurity) }}
{{- $_ := set . "podSecurityContext" (deepCopy (default dict $temporal.podSecurityContext)) }}
{{- $_ := set . "securityContext" (deepCopy (default dict $serviceTemplate.securityContext)) }}
{{- /* A null entry of a free map says that there is none: Helm keeps it when the chart has no default for the key. */}}
{{- range $name, $entries := dict
  "podLabels" $temporal.podLabels
  "podAnnotations" $temporal.podAnnotations
  "nodeSelector" $values.nodeSelector
  "temporalNodeSelector" $temporal.nodeSelector
  "scaledObjectAnnotations" .keda.annotations
  "configMapAnnotations" .configMap.annotations
  "serviceAccountAnnotations" $serviceTemplate.serviceAccountAnnotations
}}
{{- $kept := deepCopy (default dict $entries) }}
{{- include "temporal-endpoints.withoutNull" $kept }}
{{- $_ := set $ $name $kept }}
{{- end }}
{{- include "temporal-endpoints.securityDefaults" . }}
{{- include "temporal-endpoints.connectionScope" . }}
{{- end }}

{{- /* temporal-endpoints.launchName: llm-engine's fullname, by llm-engine's rule unless it is named. In: the scope. */ -}}
{{- define "temporal-endpoints.launchName" -}}
{{- if .temporal.launchName }}
{{- .temporal.launchName }}
{{- else if .Values.fullnameOverride }}
{{- /* llm-engine cuts its fullname at 40 characters. */}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if .Values.serviceIdentifier }}
{{- printf "model-engine-%s" .Values.serviceIdentifier | trunc 40 | trimSuffix "-" }}
{{- else -}}
model-engine
{{- end }}
{{- end }}

{{- /*
temporal-endpoints.securityDefaults: puts the defaults of the claimed level under `podSecurityContext` and
`securityContext`. llm-engine's values say `drop: [all]`, which the level `restricted` does not accept: names of
capabilities are upper case. In: the scope.
*/ -}}
{{- define "temporal-endpoints.securityDefaults" -}}
{{- $pod := dict "fsGroup" 65534 "seccompProfile" (dict "type" "RuntimeDefault") }}
{{- if eq .level "restricted" }}
{{- $_ := set $pod "runAsNonRoot" true }}
{{- end }}
{{- include "temporal-endpoints.addDefaults" (dict "values" .podSecurityContext "defaults" $pod) }}
{{- include "temporal-endpoints.withoutNull" .podSecurityContext }}
{{- range $key, $names := default dict .securityContext.capabilities }}
{{- if $names }}
{{- $upper := list }}
{{- /* not reached: `if` leaves out an empty list. */}}
{{- range $names }}
{{- $upper = append $upper (upper .) }}
{{- end }}
{{- $_ := set $.securityContext.capabilities $key $upper }}
{{- end }}
{{- end }}
{{- $container := dict "capabilities" (dict "drop" (list "ALL")) }}
{{- if not (or .securityContext.privileged (has "SYS_ADMIN" (default list (default dict .securityContext.capabilities).add))) }}
{{- /* Kubernetes refuses a container that is privileged or a system administrator and may not gain privileges. */}}
{{- $_ := set $container "allowPrivilegeEscalation" false }}
{{- end }}
{{- include "temporal-endpoints.addDefaults" (dict "values" .securityContext "defaults" $container) }}
{{- include "temporal-endpoints.withoutNull" .securityContext }}
{{- end }}

{{- /* temporal-endpoints.addDefaults: sets in the map `values` what it lacks of the map `defaults`; null counts as set. */ -}}
{{- define "temporal-endpoints.addDefaults" -}}
{{- /* not reached: only the defaults under another chart's values have empty maps. */}}
{{- range $key, $default := .defaults }}
{{- if not (hasKey $.values $key) }}
{{- $_ := set $.values $key $default }}
{{- else if and (kindIs "map" $default) (kindIs "map" (index $.values $key)) }}
{{- include "temporal-endpoints.addDefaults" (dict "values" (index $.values $key) "defaults" $default) }}
{{- end }}
{{- end }}
{{- end }}

{{- /* temporal-endpoints.withoutNull: removes every null entry of the map it is given, in maps inside it too. */ -}}
{{- define "temporal-endpoints.withoutNull" -}}
{{- range $key, $value := . }}
{{- if kindIs "invalid" $value }}
{{- $_ := unset $ $key }}
{{- else if kindIs "map" $value }}
{{- include "temporal-endpoints.withoutNull" $value }}
{{- end }}
{{- end }}
{{- end }}

{{- /*
temporal-endpoints.yaml: any value as YAML inside a service template. Values are data: a dollar sign is doubled, so that
filling gives it back. Only the four identifiers stay placeholders. A control character on each side makes toYaml put the
whole text in double quotes, on one line, so that what is filled in stays text: an endpoint and its namespace may both be
named 1234, with a dot between them.
*/ -}}
{{- define "temporal-endpoints.yaml" -}}
{{- $identifiers := "(RESOURCE_NAME|ENDPOINT_ID|ENDPOINT_NAME|NAMESPACE)" }}
{{- $marked := regexReplaceAll (printf `\$\{%s\}` $identifiers) (toJson .) `\u0001${1}\u0002` }}
{{- $text := (printf `{"value":%s}` $marked | fromJson).value | toYaml | replace "$" "$$" }}
{{- regexReplaceAll (printf `\\x01%s\\x02` $identifiers) $text "$${${1}}" }}
{{- end }}

{{- /* temporal-endpoints.quoted: one value as text in double quotes, its dollar signs doubled. */ -}}
{{- define "temporal-endpoints.quoted" -}}
{{- toString . | replace "$" "$$" | quote }}
{{- end }}

{{- /* temporal-endpoints.fullname: the name of what this chart's own release installs. In: the chart's root. */ -}}
{{- define "temporal-endpoints.fullname" -}}
{{- $name := .Release.Name }}
{{- if not (contains "temporal-endpoints" $name) }}
{{- $name = printf "%s-temporal-endpoints" $name }}
{{- end }}
{{- /* 37 = 63 - 26: the longest suffix is "-service-template-config" with 24, and a test pod's "-test" is shorter; two
to spare. values.schema.json holds the override to it. A release name may have dots, and a dot where it is cut must go as
a hyphen does. */}}
{{- default (regexReplaceAll "[-.]+$" ($name | trunc 37) "") (default dict .Values.temporal).fullnameOverride }}
{{- end }}

{{- /* temporal-endpoints.labels: labels of what the release installs. In: `root`, the chart's root; `component`. */ -}}
{{- define "temporal-endpoints.labels" -}}
app.kubernetes.io/name: temporal-endpoints
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/part-of: temporal-endpoints
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service | quote }}
helm.sh/chart: {{ include "temporal-endpoints.chartLabel" .root }}
{{- end }}

{{- define "temporal-endpoints.chartLabel" -}}
{{- printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" | quote }}
{{- end }}

{{- /*
temporal-endpoints.own: the scope of this chart's own release, checked. Fills the map it is given. In: `root`, the
chart's root.
*/ -}}
{{- define "temporal-endpoints.own" -}}
{{- $_ := set . "Values" .root.Values }}
{{- $_ := set . "Release" .root.Release }}
{{- $_ := set . "fullname" (include "temporal-endpoints.fullname" .root) }}
{{- include "temporal-endpoints.scope" . }}
{{- end }}
