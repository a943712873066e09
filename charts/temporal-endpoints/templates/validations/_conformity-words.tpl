{{- /*
The words of _conformity.tpl: what is wrong, where, and the nearest right name.

  temporal-endpoints.note         notes what is wrong, once                        conform
  temporal-endpoints.unknownKey   notes a key that is not known                    conformMap
  temporal-endpoints.placesOf     where else a key is known                        unknownKey
  temporal-endpoints.nearest      of some words the one most like a word           unknownKey, candidates, problemsBySchema
  temporal-endpoints.pairs        a word's pairs of letters                        nearest
  temporal-endpoints.path         a path as text                                   conform
  temporal-endpoints.shown        a value as text                                  conform
  temporal-endpoints.takes        what a schema takes, in words                    conform
*/ -}}

{{- /* temporal-endpoints.note: In: `found`; `steps`; `what`; as advice, if there is any, `at` and `new`. */ -}}
{{- /* not reached: only another chart's values come here. */ -}}
{{- define "temporal-endpoints.note" -}}
{{- $known := false }}
{{- range .found.problems }}
{{- $known = or $known (eq .what $.what) }}
{{- end }}
{{- if not $known }}
{{- $_ := set .found "problems" (append .found.problems (omit . "found")) }}
{{- end }}
{{- end }}

{{- /* temporal-endpoints.unknownKey: In: as `conformMap`; `key`, `item`. */ -}}
{{- /* not reached: only another chart's values come here. */ -}}
{{- define "temporal-endpoints.unknownKey" -}}
{{- $problem := dict "found" .found "steps" .steps "what" "" }}
{{- if .found.advise }}
{{- $properties := default dict .schema.properties }}
{{- $places := list }}
{{- with include "temporal-endpoints.nearest" (dict "word" .key "words" (keys $properties | sortAlpha)) }}
{{- $places = append $places (dict "steps" (append $.steps .) "schema" (index $properties .)) }}
{{- else }}
{{- $search := dict "places" list "definitions" .found.definitions }}
{{- include "temporal-endpoints.placesOf" (dict "key" .key "schema" .found.root "steps" list "search" $search) }}
{{- $places = $search.places }}
{{- end }}
{{- with $places }}
{{- $place := first . }}
{{- $_ := set $problem "what" (printf "%s has no key %s. Did you mean %s?" $.path $.key (include "temporal-endpoints.path" $place.steps)) }}
{{- if include "temporal-endpoints.fits" (dict "schema" $place.schema "value" $.item "found" $.found) }}
{{- $inList := false }}
{{- range $.steps }}
{{- $inList = or $inList (not (kindIs "string" .)) }}
{{- end }}
{{- if $inList }}
{{- /* Of what stands in a list every key is shown, so the wrong one must not be. */}}
{{- $_ := set $problem "at" $.steps }}
{{- $_ := set $problem "new" (set (omit $.value $.key) (last $place.steps) $.item) }}
{{- else }}
{{- $_ := set $problem "at" $place.steps }}
{{- $_ := set $problem "new" $.item }}
{{- end }}
{{- end }}
{{- else }}
{{- $_ := set $problem "what" (printf "%s has no key %s. There are: %s." .path .key (keys $properties | sortAlpha | join ", ")) }}
{{- end }}
{{- end }}
{{- include "temporal-endpoints.note" $problem }}
{{- end }}

{{- /*
temporal-endpoints.placesOf: adds to `places` of `search` where a key is known, each with `steps` and `schema`. In: `key`;
`schema` and `steps`, where to begin; `search`, with `definitions`.
*/ -}}
{{- /* not reached: only another chart's values come here. */ -}}
{{- define "temporal-endpoints.placesOf" -}}
{{- range $key, $property := .schema.properties }}
{{- $steps := append $.steps $key }}
{{- if eq $key $.key }}
{{- $_ := set $.search "places" (append $.search.places (dict "steps" $steps "schema" $property)) }}
{{- end }}
{{- include "temporal-endpoints.placesOf" (dict "key" $.key "schema" $property "steps" $steps "search" $.search) }}
{{- end }}
{{- end }}

{{- /*
temporal-endpoints.nearest: of some words the one that has most pairs of letters in common with a word; nothing if that
are less than half. In: `word`, `words`; `least`, if more
than half are wanted, how many of 100.
*/ -}}
{{- /* not reached: only another chart's values come here. */ -}}
{{- define "temporal-endpoints.nearest" -}}
{{- $wanted := splitList " " (include "temporal-endpoints.pairs" .word) }}
{{- $nearest := "" }}
{{- $most := sub (default 50 .least) 1 | int }}
{{- range .words }}
{{- $pairs := splitList " " (include "temporal-endpoints.pairs" .) }}
{{- $common := 0 }}
{{- range $wanted }}
{{- if has . $pairs }}
{{- $common = add1 $common }}
{{- end }}
{{- end }}
{{- $alike := div (mul 200 $common) (add (len $wanted) (len $pairs)) | int }}
{{- if gt $alike $most }}
{{- $most = $alike }}
{{- $nearest = . }}
{{- end }}
{{- end }}
{{- $nearest }}
{{- end }}

{{- /* temporal-endpoints.pairs: the pairs of letters of a word, its ends among them, with spaces between. In: the word. */ -}}
{{- /* not reached: only another chart's values come here. */ -}}
{{- define "temporal-endpoints.pairs" -}}
{{- $letters := printf "^%s$" . | lower | replace " " "_" | splitList "" }}
{{- $pairs := list }}
{{- range $letter := until (sub (len $letters) 1 | int) }}
{{- $pairs = append $pairs (printf "%s%s" (index $letters $letter) (index $letters (add1 $letter | int))) }}
{{- end }}
{{- join " " $pairs }}
{{- end }}

{{- /* temporal-endpoints.path: steps as text, `temporal.extraVolumes[0].name`. In: the steps. */ -}}
{{- define "temporal-endpoints.path" -}}
{{- /* not reached: a path has steps. */}}
{{- range $number, $step := . }}
{{- if not (kindIs "string" $step) }}{{ printf "[%d]" (int $step) }}
{{- else if $number }}{{ printf ".%s" $step }}
{{- else }}{{ $step }}
{{- end }}
{{- end }}
{{- end }}

{{- /* temporal-endpoints.shown: a value as text, cut where it is long. In: the value. */ -}}
{{- /* not reached: only another chart's values come here. */ -}}
{{- define "temporal-endpoints.shown" -}}
{{- $letters := toRawJson . | splitList "" }}
{{- if gt (len $letters) 100 }}
{{- $letters = append (slice $letters 0 100) "..." }}
{{- end }}
{{- join "" $letters }}
{{- end }}

{{- /* temporal-endpoints.takes: what a schema takes, in words. In: the schema. */ -}}
{{- /* not reached: only another chart's values come here. */ -}}
{{- define "temporal-endpoints.takes" -}}
{{- $schema := . }}
{{- $kinds := list }}
{{- range default list .enum }}
{{- $kinds = append $kinds (ternary . (toRawJson .) (kindIs "string" .)) }}
{{- end }}
{{- $types := default list .type }}
{{- if and (not $types) (or .pattern .maxLength .minLength) }}
{{- $types = list "string" }}
{{- end }}
{{- range $types }}
{{- $words := index (dict "object" "a map" "array" "a list" "string" "text" "boolean" "true or false" "null" "null" "number" "a number" "integer" "a whole number") . }}
{{- $unit := index (dict "array" "Items" "object" "Properties" "string" "Length") . }}
{{- $least := index $schema (printf "min%s" (default "imum" $unit)) }}
{{- $most := index $schema (printf "max%s" (default "imum" $unit)) }}
{{- if has . (list "null" "boolean") }}
{{- $kinds = append $kinds $words }}
{{- else }}
{{- $counted := index (dict "array" " entries" "object" " keys" "string" " characters") . | default "" }}
{{- if eq (toRawJson (default $least $most)) "1" }}
{{- $counted = index (dict "array" " entry" "object" " key" "string" " character") . | default "" }}
{{- end }}
{{- if not (or (kindIs "invalid" $least) (kindIs "invalid" $most)) }}
{{- $words = printf "%s %s %s to %s%s" $words (ternary "of" "from" (ne $counted "")) (toRawJson $least) (toRawJson $most) $counted }}
{{- else if not (kindIs "invalid" $least) }}
{{- $words = printf "%s of at least %s%s" $words (toRawJson $least) $counted }}
{{- else if not (kindIs "invalid" $most) }}
{{- $words = printf "%s of at most %s%s" $words (toRawJson $most) $counted }}
{{- end }}
{{- if and (eq . "string") $schema.pattern }}
{{- $words = printf "%s that matches %s" $words $schema.pattern }}
{{- end }}
{{- if and (eq . "array") $schema.uniqueItems }}
{{- $words = printf "%s without duplicates" $words }}
{{- end }}
{{- $kinds = append $kinds $words }}
{{- end }}
{{- end }}
{{- with .not }}
{{- $kinds = append $kinds (printf "anything but %s" (include "temporal-endpoints.takes" .)) }}
{{- end }}
{{- if gt (len $kinds) 1 }}
{{- printf "%s or %s" (initial $kinds | join ", ") (last $kinds) }}
{{- else }}
{{- first $kinds }}
{{- end }}
{{- end }}
