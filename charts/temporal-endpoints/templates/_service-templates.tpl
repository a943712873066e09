{{- /*
temporal-endpoints.keys: the keys of the service-template ConfigMap, each the name of a define in service-templates/.
*/ -}}
{{- define "temporal-endpoints.keys" -}}
deployment-runnable-image-temporal-cpu.yaml
deployment-runnable-image-temporal-gpu.yaml
endpoint-config.yaml
keda-scaled-object-temporal.yaml
keda-trigger-authentication-temporal.yaml
pod-disruption-budget.yaml
user-config.yaml
vertical-pod-autoscaler.yaml
{{- end }}

{{- /* temporal-endpoints.entries: keys and texts as entries of a ConfigMap's data. In: `scope`; `keys`, a list. */ -}}
{{- define "temporal-endpoints.entries" -}}
{{- /* not reached: the keys stand above. */}}
{{- range $key := .keys }}
{{ $key }}: |-
  {{- include (printf "temporal-endpoints.%s" $key) $.scope | trim | nindent 2 }}
{{- end }}
{{- end }}

{{- /*
temporal-endpoints.serviceTemplates: the entries for another chart's ConfigMap, in one line of its template:

    {{- include "temporal-endpoints.serviceTemplates" . | nindent 2 }}

Only the keys with `temporal` in them, as llm-engine's ConfigMap has the others already. Values are the calling chart's;
what they lack of this chart's values is as in this chart. In: that chart's root.
*/ -}}
{{- /* not reached: only another chart includes it. */ -}}
{{- define "temporal-endpoints.serviceTemplates" -}}
{{- $scope := dict "root" . }}
{{- include "temporal-endpoints.included" $scope }}
{{- include "temporal-endpoints.validate" $scope }}
{{- $keys := list }}
{{- range splitList "\n" (include "temporal-endpoints.keys" .) }}
{{- if contains "temporal" . }}
{{- $keys = append $keys . }}
{{- end }}
{{- end }}
{{- include "temporal-endpoints.entries" (dict "scope" $scope "keys" $keys) | trim }}
{{- end }}

{{- /*
temporal-endpoints.included: the scope inside another chart's release. Fills the map it is given. In: `root`, that
chart's root. Names follow llm-engine's fullname, as the release is llm-engine's.
*/ -}}
{{- define "temporal-endpoints.included" -}}
{{- $values := deepCopy .root.Values }}
{{- include "temporal-endpoints.addDefaults" (dict
  "values" $values "defaults" (include "temporal-endpoints.defaults" . | fromYaml)) }}
{{- $_ := set . "Values" $values }}
{{- $_ := set . "Release" .root.Release }}
{{- $_ := set . "fullname" (include "temporal-endpoints.launchName" (dict "Values" $values "temporal" (default dict $values.temporal)) | printf "%s-temporal") }}
{{- $_ := set . "isIncluded" true }}
{{- include "temporal-endpoints.scope" . }}
{{- end }}
