{{- /*
The advice of _conformity.tpl: the YAML to set. Of some candidates the first one that the schema takes is given; if none
fits a value, what it stands in is tried.

  temporal-endpoints.advise       gives every problem its advice                   conform
  temporal-endpoints.candidates   what could be set instead of a value             advise
  temporal-endpoints.repaired     a map without what is wrong in it                candidates
  temporal-endpoints.example      some value that fits                             candidates, repaired
  temporal-endpoints.placed       the YAML that sets a value at a path             problemsBySchema
*/ -}}

{{- /* temporal-endpoints.advise: In: `schema`, `value`, `steps`, `found`, whose problems get `at` and `new`. */ -}}
{{- /* not reached: only another chart's values come here. */ -}}
{{- define "temporal-endpoints.advise" -}}
{{- $unadvised := list }}
{{- range .found.problems }}
{{- if not (hasKey . "at") }}
{{- $unadvised = append $unadvised . }}
{{- end }}
{{- end }}
{{- if $unadvised }}
{{- $chosen := list }}
{{- range (include "temporal-endpoints.candidates" . | fromJson).candidates }}
{{- if not $chosen }}
{{- if include "temporal-endpoints.fits" (dict "schema" $.schema "value" . "found" $.found) }}
{{- $chosen = list . }}
{{- end }}
{{- end }}
{{- end }}
{{- if $chosen }}
{{- range $unadvised }}
{{- $_ := set . "at" $.steps }}
{{- $_ := set . "new" (first $chosen) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* temporal-endpoints.candidates: as JSON, what could be set instead, the best first. In: as `advise`. */ -}}
{{- /* not reached: only another chart's values come here. */ -}}
{{- define "temporal-endpoints.candidates" -}}
{{- $value := .value }}
{{- $schema := .schema }}
{{- $candidates := list }}
{{- if kindIs "string" $value }}
{{- $words := list }}
{{- range default list $schema.enum }}
{{- if kindIs "string" . }}
{{- $words = append $words . }}
{{- end }}
{{- end }}
{{- with include "temporal-endpoints.nearest" (dict "word" $value "words" $words) }}
{{- $candidates = append $candidates . }}
{{- end }}
{{- if regexMatch "^-?[0-9]{1,15}$" $value }}
{{- $candidates = append $candidates (int64 $value) }}
{{- end }}
{{- if has (lower $value) (list "true" "yes" "on") }}
{{- $candidates = append $candidates true }}
{{- else if has (lower $value) (list "false" "no" "off") }}
{{- $candidates = append $candidates false }}
{{- end }}
{{- else if kindIs "map" $value }}
{{- $candidates = (include "temporal-endpoints.repaired" . | fromJson).candidates }}
{{- else if kindIs "slice" $value }}
{{- $kept := list }}
{{- range $item := uniq $value }}
{{- with $schema.items }}
{{- if include "temporal-endpoints.fits" (dict "schema" . "value" $item "found" $.found) }}
{{- $kept = append $kept $item }}
{{- end }}
{{- end }}
{{- end }}
{{- if $kept }}
{{- $candidates = append $candidates $kept }}
{{- end }}
{{- else }}
{{- $candidates = append $candidates (toRawJson $value) }}
{{- end }}
{{- if not (kindIs "slice" $value) }}
{{- $candidates = append $candidates (list $value) }}
{{- end }}
{{- /* The chart's own default, if the path leads to one; of a map nothing need be set. */}}
{{- $default := dict "value" (include "temporal-endpoints.defaults" . | fromYaml) }}
{{- range .steps }}
{{- $below := $default.value }}
{{- $default = dict }}
{{- if and (kindIs "map" $below) (kindIs "string" .) }}
{{- if hasKey $below . }}
{{- $default = dict "value" (index $below .) }}
{{- end }}
{{- end }}
{{- end }}
{{- if hasKey $default "value" }}
{{- $candidates = append $candidates (ternary dict $default.value (kindIs "map" $default.value)) }}
{{- end }}
{{- range $bound := list "minimum" "maximum" }}
{{- if hasKey $schema $bound }}
{{- $candidates = append $candidates (index $schema $bound) }}
{{- end }}
{{- end }}
{{- with include "temporal-endpoints.example" (dict "schema" $schema "found" .found) }}
{{- $candidates = append $candidates (fromJson .).value }}
{{- end }}
{{- toJson (dict "candidates" (append $candidates nil)) }}
{{- end }}

{{- /*
temporal-endpoints.repaired: as JSON, maps made of one that is wrong: without what is wrong in it, with what it lacks, and
with one of the keys of which it takes exactly one. In: as `advise`.
*/ -}}
{{- /* not reached: only another chart's values come here. */ -}}
{{- define "temporal-endpoints.repaired" -}}
{{- $schema := .schema }}
{{- $kept := dict }}
{{- range $key, $item := .value }}
{{- $property := index (default dict $schema.properties) $key | default $schema.additionalProperties }}
{{- $keyFits := true }}
{{- with $schema.propertyNames }}
{{- $keyFits = include "temporal-endpoints.fits" (dict "schema" . "value" $key "found" $.found) }}
{{- end }}
{{- if and $keyFits (kindIs "map" $property) }}
{{- if include "temporal-endpoints.fits" (dict "schema" $property "value" $item "found" $.found) }}
{{- $_ := set $kept $key $item }}
{{- end }}
{{- else if and $keyFits (not (hasKey $schema "additionalProperties")) }}
{{- $_ := set $kept $key $item }}
{{- end }}
{{- end }}
{{- $filled := deepCopy $kept }}
{{- $lacking := default list $schema.required }}
{{- with $schema.anyOf }}
{{- $lacking = concat $lacking (default list (first .).required) }}
{{- end }}
{{- range $key := $lacking }}
{{- if not (hasKey $filled $key) }}
{{- with include "temporal-endpoints.example" (dict "schema" (index (default dict $schema.properties) $key | default dict) "found" $.found) }}
{{- $_ := set $filled $key (fromJson .).value }}
{{- end }}
{{- end }}
{{- end }}
{{- $candidates := list $kept $filled }}
{{- range $branch := default list $schema.oneOf }}
{{- $one := deepCopy $kept }}
{{- range $other := $schema.oneOf }}
{{- range default list $other.required }}
{{- if not (has . (default list $branch.required)) }}
{{- $_ := unset $one . }}
{{- end }}
{{- end }}
{{- end }}
{{- if $one }}
{{- $candidates = append $candidates $one }}
{{- end }}
{{- end }}
{{- toJson (dict "candidates" $candidates) }}
{{- end }}

{{- /* temporal-endpoints.example: as JSON, a dict with some `value` that fits; nothing if none is found. In: `schema`, `found`. */ -}}
{{- /* not reached: only another chart's values come here. */ -}}
{{- define "temporal-endpoints.example" -}}
{{- $schema := .schema }}
{{- with index $schema "$ref" }}
{{- $schema = index $.found.definitions (trimPrefix "#/definitions/" .) }}
{{- end }}
{{- $tries := default list $schema.enum }}
{{- range default list $schema.type }}
{{- if eq . "string" }}
{{- $tries = concat $tries (list "name" "/name" "1") }}
{{- else if eq . "boolean" }}
{{- $tries = append $tries false }}
{{- else if eq . "integer" }}
{{- /* As all numbers here, by way of JSON. */}}
{{- $tries = append $tries (default 1.0 $schema.minimum) }}
{{- else if eq . "array" }}
{{- $tries = append $tries list }}
{{- with include "temporal-endpoints.example" (dict "schema" (default dict $schema.items) "found" $.found) }}
{{- $tries = append $tries (list (fromJson .).value) }}
{{- end }}
{{- else if eq . "object" }}
{{- $tries = concat $tries (include "temporal-endpoints.repaired" (dict "schema" $schema "value" dict "found" $.found) | fromJson).candidates }}
{{- end }}
{{- end }}
{{- $chosen := list }}
{{- range $tries }}
{{- if not $chosen }}
{{- if include "temporal-endpoints.fits" (dict "schema" $schema "value" . "found" $.found) }}
{{- $chosen = list . }}
{{- end }}
{{- end }}
{{- end }}
{{- with $chosen }}
{{- toJson (dict "value" (first .)) }}
{{- end }}
{{- end }}

{{- /*
temporal-endpoints.placed: as JSON, a dict with the `value` that sets something at a path: of maps only the keys on the
way, of lists every entry, as Helm takes a list as a whole. In: `value`, what there is; `at`, the path; `new`; `whole`,
whether a map keeps its other keys, as it must in a list.
*/ -}}
{{- define "temporal-endpoints.placed" -}}
{{- if not .at }}
{{- toJson (dict "value" .new) }}
{{- else }}
{{- $step := first .at }}
{{- $result := dict }}
{{- if kindIs "string" $step }}
{{- $there := ternary .value dict (kindIs "map" .value) }}
{{- if .whole }}
{{- $result = deepCopy $there }}
{{- end }}
{{- $below := include "temporal-endpoints.placed" (dict "value" (index $there $step) "at" (rest .at) "new" .new "whole" .whole) | fromJson }}
{{- $_ := set $result $step $below.value }}
{{- else }}
{{- $result = list }}
{{- /* not reached: a step that is a number leads into a list. */}}
{{- range $index, $item := .value }}
{{- if eq $index (int $step) }}
{{- $below := include "temporal-endpoints.placed" (dict "value" $item "at" (rest $.at) "new" $.new "whole" true) | fromJson }}
{{- $result = append $result $below.value }}
{{- else }}
{{- $result = append $result $item }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson (dict "value" $result) }}
{{- end }}
{{- end }}
