{{- /*
values.schema.json where Helm does not look at it. Helm checks a chart's values by that chart's own schema alone, so
values of a chart that includes the service templates pass unchecked. These defines are an interpreter of JSON Schema
(draft 7), of the keywords that values.schema.json uses; the schema itself stands in `temporal-endpoints.schema`, which is
generated, and whose generator refuses any other keyword.

  temporal-endpoints.checkBySchema      fails with all problems of another chart's values  included
  temporal-endpoints.problemsBySchema   all problems of another chart's values             checkBySchema
  temporal-endpoints.conform            what is wrong with one value                       problemsBySchema
  temporal-endpoints.conformMap         what is wrong with what stands in a map            conform
  temporal-endpoints.isAllowed          whether a value is right, by itself                conform
  temporal-endpoints.fits               whether a value is right, with all in it           conform, advice

A *step* of a path is a key (text) or a place in a list (a number).
*/ -}}

{{- /* temporal-endpoints.checkBySchema: In: that chart's root. */ -}}
{{- define "temporal-endpoints.checkBySchema" -}}
{{- include "temporal-endpoints.refuse" (include "temporal-endpoints.problemsBySchema" .Values | fromJson).problems }}
{{- end }}

{{- /* temporal-endpoints.problemsBySchema: as JSON, a dict with `problems`, as `refuse` takes them. In: that chart's values. */ -}}
{{- /* not reached: only another chart's values come here. */ -}}
{{- define "temporal-endpoints.problemsBySchema" -}}
{{- $problems := list }}
{{- $values := dict }}
{{- $schema := include "temporal-endpoints.schema" . | fromJson }}
{{- range $key, $value := . }}
{{- if hasKey $schema.properties $key }}
{{- $_ := set $values $key $value }}
{{- else if include "temporal-endpoints.nearest" (dict "word" $key "words" (list "temporal") "least" 85) }}
{{- /* Every value under a misspelt key would be without effect. */}}
{{- $problems = append $problems (dict "what" (printf "The values have no key %s. Did you mean temporal?" $key) "set" (toYaml (dict "temporal" $value))) }}
{{- end }}
{{- end }}
{{- /* What Helm gives the library chart alone: whether it is there is the only thing to say there. */}}
{{- $library := index . "temporal-service-templates" }}
{{- with omit (ternary $library dict (kindIs "map" $library)) "enabled" "global" }}
{{- $problems = append $problems (dict "what" (printf "Nothing reads temporal-service-templates.%s: put these values at the top level of the values file." (keys . | sortAlpha | first)) "set" (toYaml .)) }}
{{- end }}
{{- /* Numbers come as int64, float64 or as text that is marked as a number; by way of JSON all are float64. */}}
{{- $values = toJson $values | fromJson }}
{{- if kindIs "map" $values.temporal }}
{{- if kindIs "bool" $values.temporal.enabled }}
{{- /* For `condition:` of the dependency, which this chart alone does not have. */}}
{{- $_ := unset $values.temporal "enabled" }}
{{- end }}
{{- end }}
{{- $found := dict "problems" list "definitions" $schema.definitions "root" $schema "advise" true }}
{{- include "temporal-endpoints.conform" (dict "schema" $schema "value" $values "steps" list "found" $found) }}
{{- range $found.problems }}
{{- $setting := include "temporal-endpoints.placed" (dict "value" $values "at" .at "new" .new "whole" false) | fromJson }}
{{- $problems = append $problems (dict "what" .what "set" (toYaml $setting.value)) }}
{{- end }}
{{- toJson (dict "problems" $problems) }}
{{- end }}

{{- /*
temporal-endpoints.conform: what is wrong with a value, by a schema. In: `schema`; `value`; `steps`, its path; `found`, a
dict with `definitions`, and `advise`, whether the YAML to set is asked for. Adds to `problems` of `found` one dict each:
`steps`, `what` in words, and as advice `at`, a path, and `new`, the value to set there.
*/ -}}
{{- /* not reached: only another chart's values come here. */ -}}
{{- define "temporal-endpoints.conform" -}}
{{- $schema := .schema }}
{{- $value := .value }}
{{- $steps := .steps }}
{{- $here := dict "problems" list "definitions" .found.definitions "root" .found.root "advise" .found.advise }}
{{- $path := "" }}
{{- if .found.advise }}
{{- $path = include "temporal-endpoints.path" $steps }}
{{- end }}
{{- $also := default list $schema.allOf }}
{{- with index $schema "$ref" }}
{{- $also = append $also (index $.found.definitions (trimPrefix "#/definitions/" .)) }}
{{- end }}
{{- if hasKey $schema "if" }}
{{- if include "temporal-endpoints.fits" (dict "schema" $schema.if "value" $value "found" $here) }}
{{- $also = append $also $schema.then }}
{{- end }}
{{- end }}
{{- range $also }}
{{- include "temporal-endpoints.conform" (dict "schema" . "value" $value "steps" $steps "found" $here) }}
{{- end }}
{{- if not (include "temporal-endpoints.isAllowed" (dict "schema" $schema "value" $value "found" $here)) }}
{{- $what := "" }}
{{- if $here.advise }}
{{- $what = printf "%s is %s; it takes %s." $path (include "temporal-endpoints.shown" $value) (include "temporal-endpoints.takes" $schema) }}
{{- end }}
{{- include "temporal-endpoints.note" (dict "found" $here "steps" $steps "what" $what) }}
{{- end }}
{{- range $keyword := list "oneOf" "anyOf" }}
{{- with index $schema $keyword }}
{{- $fitting := 0 }}
{{- range . }}
{{- if include "temporal-endpoints.fits" (dict "schema" . "value" $value "found" $here) }}
{{- $fitting = add1 $fitting }}
{{- end }}
{{- end }}
{{- if or (eq $fitting 0) (and (eq $keyword "oneOf") (gt $fitting 1)) }}
{{- $keys := list }}
{{- range . }}
{{- $keys = concat $keys (default list .required) }}
{{- end }}
{{- include "temporal-endpoints.note" (dict "found" $here "steps" $steps "what" (printf "%s is %s; it takes %s of %s." $path (include "temporal-endpoints.shown" $value) (ternary "exactly one" "at least one" (eq $keyword "oneOf")) (join ", " $keys))) }}
{{- end }}
{{- end }}
{{- end }}
{{- if kindIs "map" $value }}
{{- include "temporal-endpoints.conformMap" (dict "schema" $schema "value" $value "steps" $steps "path" $path "found" $here) }}
{{- else if kindIs "slice" $value }}
{{- range $index, $item := $value }}
{{- with $schema.items }}
{{- include "temporal-endpoints.conform" (dict "schema" . "value" $item "steps" (append $steps $index) "found" $here) }}
{{- end }}
{{- end }}
{{- end }}
{{- if and .found.advise $here.problems }}
{{- include "temporal-endpoints.advise" (dict "schema" $schema "value" $value "steps" $steps "found" $here) }}
{{- end }}
{{- $_ := set .found "problems" (concat .found.problems $here.problems) }}
{{- end }}

{{- /* temporal-endpoints.conformMap: the same for what stands in a map. In: as `conform`; `path`, as text. */ -}}
{{- /* not reached: only another chart's values come here. */ -}}
{{- define "temporal-endpoints.conformMap" -}}
{{- $schema := .schema }}
{{- $steps := .steps }}
{{- $path := .path }}
{{- $found := .found }}
{{- $properties := default dict $schema.properties }}
{{- range $key := default list $schema.required }}
{{- if not (hasKey $.value $key) }}
{{- include "temporal-endpoints.note" (dict "found" $found "steps" $steps "what" (printf "%s lacks %s." $path $key)) }}
{{- end }}
{{- end }}
{{- range $key, $item := .value }}
{{- $below := append $steps $key }}
{{- with $schema.propertyNames }}
{{- if not (include "temporal-endpoints.fits" (dict "schema" . "value" $key "found" $found)) }}
{{- include "temporal-endpoints.note" (dict "found" $found "steps" $steps "what" (printf "%s has the key %s; a key there is %s." $path (toRawJson $key) (include "temporal-endpoints.takes" .))) }}
{{- end }}
{{- end }}
{{- if hasKey $properties $key }}
{{- include "temporal-endpoints.conform" (dict "schema" (index $properties $key) "value" $item "steps" $below "found" $found) }}
{{- else if kindIs "map" $schema.additionalProperties }}
{{- include "temporal-endpoints.conform" (dict "schema" $schema.additionalProperties "value" $item "steps" $below "found" $found) }}
{{- else if hasKey $schema "additionalProperties" }}
{{- include "temporal-endpoints.unknownKey" (dict "schema" $schema "value" $.value "steps" $steps "path" $path "found" $found "key" $key "item" $item) }}
{{- end }}
{{- end }}
{{- end }}

{{- /*
temporal-endpoints.isAllowed: "true" if a value by itself is what the schema takes: its type, its bounds, its words.
In: `schema`, `value`, `found`.
*/ -}}
{{- /* not reached: only another chart's values come here. */ -}}
{{- define "temporal-endpoints.isAllowed" -}}
{{- $schema := .schema }}
{{- $value := .value }}
{{- $fits := true }}
{{- $measure := 0.0 }}
{{- $bounds := list }}
{{- if kindIs "float64" $value }}
{{- $measure = $value }}
{{- $bounds = list "minimum" "maximum" }}
{{- else if kindIs "string" $value }}
{{- $measure = splitList "" $value | len | float64 }}
{{- $bounds = list "minLength" "maxLength" }}
{{- with $schema.pattern }}
{{- $fits = regexMatch . $value }}
{{- end }}
{{- else if kindIs "slice" $value }}
{{- $measure = len $value | float64 }}
{{- $bounds = list "minItems" "maxItems" }}
{{- if $schema.uniqueItems }}
{{- $fits = eq (len $value) (uniq $value | len) }}
{{- end }}
{{- else if kindIs "map" $value }}
{{- $measure = len $value | float64 }}
{{- $bounds = list "minProperties" "maxProperties" }}
{{- end }}
{{- range $keyword := $bounds }}
{{- if hasKey $schema $keyword }}
{{- $bound := index $schema $keyword }}
{{- $fits = and $fits (ternary (ge $measure $bound) (le $measure $bound) (hasPrefix "min" $keyword)) }}
{{- end }}
{{- end }}
{{- with $schema.type }}
{{- $types := list (index (dict "map" "object" "slice" "array" "string" "string" "bool" "boolean" "invalid" "null" "float64" "number") (kindOf $value)) }}
{{- if and (kindIs "float64" $value) (eq $value (floor $value)) }}
{{- $types = append $types "integer" }}
{{- end }}
{{- $allowed := . }}
{{- $typeFits := false }}
{{- range $types }}
{{- $typeFits = or $typeFits (has . $allowed) }}
{{- end }}
{{- $fits = and $fits $typeFits }}
{{- end }}
{{- if hasKey $schema "enum" }}
{{- $fits = and $fits (has $value $schema.enum) }}
{{- end }}
{{- with $schema.not }}
{{- $fits = and $fits (not (include "temporal-endpoints.fits" (dict "schema" . "value" $value "found" $.found))) }}
{{- end }}
{{- if $fits }}true{{ end }}
{{- end }}

{{- /* temporal-endpoints.fits: "true" if a value is right by a schema. In: `schema`, `value`, `found`. */ -}}
{{- /* not reached: only another chart's values come here. */ -}}
{{- define "temporal-endpoints.fits" -}}
{{- $found := dict "problems" list "definitions" .found.definitions "root" .found.root "advise" false }}
{{- include "temporal-endpoints.conform" (dict "schema" .schema "value" .value "steps" list "found" $found) }}
{{- if not $found.problems }}true{{ end }}
{{- end }}
