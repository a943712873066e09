{{- /* What llm-engine's control plane or chart would take otherwise than it is written. */ -}}
{{- define "temporal-endpoints.validate.llmEngine" -}}
{{- $found := . }}
{{- $keys := list }}
{{- $full := list }}
{{- range default list .scope.Values.gpuTolerations }}
{{- $isPlain := and .key (eq (default "Exists" .operator) "Exists") (eq (default "NoSchedule" .effect) "NoSchedule") }}
{{- if or (not $isPlain) .value }}
{{- $full = append $full . }}
{{- else }}
{{- $keys = append $keys . }}
{{- end }}
{{- end }}
{{- with $full }}
{{- $set := dict "gpuTolerations" $keys "temporal" (dict "gpu" (dict "tolerations" (concat (default list $found.scope.gpu.tolerations) .))) }}
{{- include "temporal-endpoints.problem" (dict "found" $found "what" (printf "gpuTolerations is llm-engine's own value: of the entry %s llm-engine reads only the key, and tolerates every taint with that key and the effect NoSchedule." (toRawJson (first .))) "set" (toYaml $set)) }}
{{- end }}
{{- range default list .scope.temporal.extraVolumes }}
{{- if eq .name "model-cache" }}
{{- include "temporal-endpoints.problem" (dict "found" $found "what" "temporal.extraVolumes has a volume named model-cache, which llm-engine's control plane takes out of every pod, with its mounts." "set" (include "temporal-endpoints.renamedVolume" (dict "scope" $found.scope "from" "model-cache" "to" "models"))) }}
{{- end }}
{{- end }}
{{- end }}

{{- /* temporal-endpoints.renamedVolume: the YAML of the extra volumes and mounts with another name. In: `scope`, `from`, `to`. */ -}}
{{- define "temporal-endpoints.renamedVolume" -}}
{{- $temporal := dict }}
{{- range $field := list "extraVolumes" "extraVolumeMounts" }}
{{- $entries := list }}
{{- range default list (index $.scope.temporal $field) }}
{{- $entry := deepCopy . }}
{{- if eq .name $.from }}
{{- $_ := set $entry "name" $.to }}
{{- end }}
{{- $entries = append $entries $entry }}
{{- end }}
{{- with $entries }}
{{- $_ := set $temporal $field . }}
{{- end }}
{{- end }}
{{- toYaml (dict "temporal" $temporal) }}
{{- end }}
