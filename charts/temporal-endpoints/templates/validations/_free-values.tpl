{{- /*
Placeholders in free values. Only four are filled there; the others would reach Kubernetes as they stand. Names and labels
cannot hold a `${` at all, so there every other one is told; elsewhere, where it may be a shell's variable, those that are
arguments of the service templates.
*/ -}}
{{- define "temporal-endpoints.validate.freeValues" -}}
{{- $found := . }}
{{- $argument := include "temporal-endpoints.placeholders" . }}
{{- $any := "[A-Za-z_][A-Za-z0-9_]*" }}
{{- $filled := "RESOURCE_NAME, ENDPOINT_ID, ENDPOINT_NAME and NAMESPACE" }}
{{- range $path, $named := dict
  "gpuTolerations" $any
  "temporal.tolerations" $any
  "temporal.gpu" $any
  "temporal.affinity" $any
  "temporal.topologySpreadConstraints" $any
  "extraPodEnvFrom" $argument
  "serviceTemplate.securityContext" $argument
  "temporal.podSecurityContext" $argument
  "temporal.podAnnotations" $argument
  "temporal.keda.annotations" $argument
  "temporal.preStop" $argument
  "temporal.probes" $argument
  "temporal.extraVolumes" $argument
  "temporal.extraVolumeMounts" $argument
  "temporal.networkPolicy" ""
  "temporal.controlPlane.tolerations" ""
  "temporal.controlPlane.extraArgs" ""
}}
{{- $value := $found.scope.Values }}
{{- $steps := splitList "." $path }}
{{- /* not reached: a path has steps. */}}
{{- range $steps }}
{{- $value = index (default dict $value) . }}
{{- end }}
{{- $texts := dict "found" list }}
{{- include "temporal-endpoints.texts" (dict "value" $value "at" $steps "into" $texts) }}
{{- range $texts.found }}
{{- $text := .text }}
{{- $at := .at }}
{{- $holder := .holder }}
{{- range regexFindAll (printf `(^|[^$])\$\{(%s)\}` (default $any $named)) $text -1 }}
{{- $name := regexFind "[A-Za-z0-9_]+}$" . | trimSuffix "}" }}
{{- if not (and $named (has $name (list "RESOURCE_NAME" "ENDPOINT_ID" "ENDPOINT_NAME" "NAMESPACE"))) }}
{{- $instead := ternary "${RESOURCE_NAME}" "name" (not (empty $named)) }}
{{- $new := replace (printf "${%s}" $name) $instead $text }}
{{- if $holder }}
{{- $new = set (omit $holder $text) $new (index $holder $text) }}
{{- end }}
{{- $why := printf "nothing fills it: the control plane fills only %s in values" $filled }}
{{- if not $named }}
{{- $why = "nothing fills it: what the release installs is as it is written here" }}
{{- else if ne $named $any }}
{{- $why = printf "%s. For a shell's variable of that name write $%s" $why $name }}
{{- end }}
{{- include "temporal-endpoints.wrong" (dict "found" $found "what" (printf "%s holds ${%s}, and %s." (include "temporal-endpoints.path" $at) $name $why) "at" $at "new" $new) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /*
temporal-endpoints.texts: adds every text of a value to `into.found`, with `text` and `at`; for a key, `at` is the map's and
`holder` the map. In: `value`, `at`, `into`.
*/ -}}
{{- define "temporal-endpoints.texts" -}}
{{- if kindIs "string" .value }}
{{- $_ := set .into "found" (append .into.found (dict "text" .value "at" .at "holder" dict)) }}
{{- else if kindIs "map" .value }}
{{- range $key, $value := .value }}
{{- if contains "${" $key }}
{{- $_ := set $.into "found" (append $.into.found (dict "text" $key "at" $.at "holder" $.value)) }}
{{- end }}
{{- include "temporal-endpoints.texts" (dict "value" $value "at" (append $.at $key) "into" $.into) }}
{{- end }}
{{- else if kindIs "slice" .value }}
{{- range $index, $value := .value }}
{{- include "temporal-endpoints.texts" (dict "value" $value "at" (append $.at $index) "into" $.into) }}
{{- end }}
{{- end }}
{{- end }}
