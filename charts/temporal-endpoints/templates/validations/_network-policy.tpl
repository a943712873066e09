{{- /*
Rules of network policies: what Kubernetes' own code refuses, as in _kubernetes.tpl, and what its API server would not keep.

  temporal-endpoints.addressBits    a network's address as ones and zeros               validate.networkPolicy
  temporal-endpoints.network        the bits that all addresses of a network begin with validate.networkPolicy
  temporal-endpoints.filled         a value without the empty lists and maps in it      validate.emptyRules
*/ -}}
{{- define "temporal-endpoints.validate.networkPolicy" -}}
{{- $found := . }}
{{- $policy := .scope.networkPolicy }}
{{- $lists := list }}
{{- range $name := list "extraEgress" "controlPlaneEgress" }}
{{- range $index, $rule := default list (index $policy $name) }}
{{- range $number, $port := default list .ports }}
{{- if and .endPort (not (kindIs "string" .port)) }}
{{- if lt (int .endPort) (int .port) }}
{{- include "temporal-endpoints.wrong" (dict "found" $found "what" (printf "temporal.networkPolicy.%s[%d].ports[%d] ends at %d, before its port %d." $name $index $number (int .endPort) (int .port)) "at" (list "temporal" "networkPolicy" $name $index "ports" $number "endPort") "new" (int .port)) }}
{{- end }}
{{- end }}
{{- end }}
{{- $lists = append $lists (dict "at" (list "temporal" "networkPolicy" $name $index "to") "peers" .to) }}
{{- end }}
{{- end }}
{{- range $name := list "metricsFrom" "apiFrom" }}
{{- $lists = append $lists (dict "at" (list "temporal" "networkPolicy" $name) "peers" (index $policy $name)) }}
{{- end }}
{{- /* not reached: the list of metricsFrom is always there. */}}
{{- range $place := $lists }}
{{- range $index, $peer := default list .peers }}
{{- with .ipBlock }}
{{- /* not reached: the network itself is in the list. */}}
{{- range $network := prepend (default list .except) .cidr }}
{{- $full := include "temporal-endpoints.addressBits" . }}
{{- if contains "1" (trimPrefix (include "temporal-endpoints.network" .) $full) }}
{{- $single := printf "%s/%d" (regexReplaceAll "/.*" . "") (sub (len $full) 1) }}
{{- $at := concat $place.at (list $index "ipBlock") }}
{{- $new := dict "cidr" $single }}
{{- include "temporal-endpoints.wrong" (dict "found" $found "what" (printf "%s has %s, which is not the first address of its network. Write the first address, or a single address." (include "temporal-endpoints.path" $at) .) "at" $at "new" $new) }}
{{- end }}
{{- end }}
{{- $outer := include "temporal-endpoints.network" .cidr }}
{{- $kept := list }}
{{- $outside := list }}
{{- range default list .except }}
{{- $inner := include "temporal-endpoints.network" . }}
{{- if and (hasPrefix $outer $inner) (ne $outer $inner) }}
{{- $kept = append $kept . }}
{{- else }}
{{- $outside = append $outside . }}
{{- end }}
{{- end }}
{{- if $outside }}
{{- $at := concat $place.at (list $index "ipBlock" "except") }}
{{- include "temporal-endpoints.wrong" (dict "found" $found "what" (printf "%s has %s, which is not a smaller network inside %s." (include "temporal-endpoints.path" $at) (join ", " $outside) .cidr) "at" $at "new" (default nil $kept)) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /*
temporal-endpoints.addressBits: the bits of a network's address, after 4 or 6 for its kind. In: a network like 10.0.0.0/8, of
the form that values.schema.json allows.
*/ -}}
{{- define "temporal-endpoints.addressBits" -}}
{{- $address := regexReplaceAll "/.*" . "" }}
{{- $bits := "" }}
{{- $kind := "4" }}
{{- if contains ":" $address }}
{{- $kind = "6" }}
{{- $halves := splitList "::" $address }}
{{- $head := without (splitList ":" (first $halves)) "" }}
{{- $groups := $head }}
{{- if gt (len $halves) 1 }}
{{- $tail := without (splitList ":" (last $halves)) "" }}
{{- /* not reached: `::` stands for at least one group. */}}
{{- range until (sub (sub 8 (len $head)) (len $tail) | int) }}
{{- $groups = append $groups "0" }}
{{- end }}
{{- $groups = concat $groups $tail }}
{{- end }}
{{- $binary := dict "0" "0000" "1" "0001" "2" "0010" "3" "0011" "4" "0100" "5" "0101" "6" "0110" "7" "0111" "8" "1000" "9" "1001" "a" "1010" "b" "1011" "c" "1100" "d" "1101" "e" "1110" "f" "1111" }}
{{- /* not reached: an address has groups. */}}
{{- range $group := $groups }}
{{- /* not reached: a group has digits. */}}
{{- range splitList "" (printf "%4s" $group | replace " " "0" | lower) }}
{{- $bits = printf "%s%s" $bits (index $binary .) }}
{{- end }}
{{- end }}
{{- else }}
{{- /* not reached: an address has groups. */}}
{{- range splitList "." $address }}
{{- $bits = printf "%s%08b" $bits (int .) }}
{{- end }}
{{- end }}
{{- $kind }}{{ $bits }}
{{- end }}

{{- /* temporal-endpoints.network: the bits that all addresses of a network begin with. In: as `addressBits`. */ -}}
{{- define "temporal-endpoints.network" -}}
{{- trunc (regexFind "[0-9]+$" . | int | add1 | int) (include "temporal-endpoints.addressBits" .) }}
{{- end }}

{{- /*
An empty list in a rule means what its absence means, which is seldom what somebody meant who wrote `to: []`. The API server
does not keep it, so that each upgrade would write the policy again. values.schema.json could refuse it, but not say that.
*/ -}}
{{- define "temporal-endpoints.validate.emptyRules" -}}
{{- $found := . }}
{{- $meanings := dict "to" "everywhere" "ports" "every port" "except" "no exception" "matchLabels" "no condition" "matchExpressions" "no condition" "values" "no value" }}
{{- range $name := list "extraEgress" "metricsFrom" "apiFrom" "controlPlaneEgress" }}
{{- $at := list "temporal" "networkPolicy" $name }}
{{- $filled := include "temporal-endpoints.filled" (dict "value" (index $found.scope.networkPolicy $name) "at" $at) | fromJson }}
{{- range $filled.empty }}
{{- include "temporal-endpoints.wrong" (dict "found" $found "what" (printf "%s is empty, which means %s, as if it were not there; Kubernetes does not keep it, so each upgrade would write the policy again. Fill it, or leave it out." (include "temporal-endpoints.path" .) (index $meanings (last .))) "at" $at "new" $filled.value) }}
{{- end }}
{{- end }}
{{- end }}

{{- /*
temporal-endpoints.filled: as JSON, a dict with `value`, the value without the empty lists and maps in it, and `empty`, the
paths of these. A selector without a condition stays, as it selects all, and so does an entry of a list. In: `value`; `at`,
its path.
*/ -}}
{{- define "temporal-endpoints.filled" -}}
{{- $value := .value }}
{{- $empty := list }}
{{- if kindIs "slice" .value }}
{{- $value = list }}
{{- range $index, $item := .value }}
{{- $filled := include "temporal-endpoints.filled" (dict "value" $item "at" (append $.at $index)) | fromJson }}
{{- $value = append $value $filled.value }}
{{- $empty = concat $empty (default list $filled.empty) }}
{{- end }}
{{- else if kindIs "map" .value }}
{{- $value = dict }}
{{- range $key, $item := .value }}
{{- $at := append $.at $key }}
{{- if and (has (kindOf $item) (list "slice" "map")) (not $item) (not (has $key (list "podSelector" "namespaceSelector"))) }}
{{- $empty = append $empty $at }}
{{- else }}
{{- $filled := include "temporal-endpoints.filled" (dict "value" $item "at" $at) | fromJson }}
{{- $_ := set $value $key $filled.value }}
{{- $empty = concat $empty (default list $filled.empty) }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson (dict "value" $value "empty" $empty) }}
{{- end }}
