{{- /*
What Kubernetes' own code refuses and values.schema.json cannot say, because it compares one entry of a list with another or
a value with one elsewhere (pkg/apis/core/validation, pkg/apis/networking/validation).

  temporal-endpoints.wrong          notes a problem whose YAML sets one value           all below
  temporal-endpoints.selectorKeys   the label keys a selector looks at                  spread, terms
*/ -}}
{{- define "temporal-endpoints.validate.kubernetes" -}}
{{- range list "profiles" "sysctls" "spread" "terms" "mounts" "projections" "networkPolicy" "emptyRules" "annotations" "minors" }}
{{- include (printf "temporal-endpoints.validate.%s" .) $ }}
{{- end }}
{{- end }}

{{- /* temporal-endpoints.wrong: In: `found`; `what`; `at`, the steps to a value; `new`, the value to set there. */ -}}
{{- define "temporal-endpoints.wrong" -}}
{{- $placed := include "temporal-endpoints.placed" (dict "value" .found.scope.Values "at" .at "new" .new "whole" false) | fromJson }}
{{- include "temporal-endpoints.problem" (dict "found" .found "what" .what "set" (toYaml $placed.value)) }}
{{- end }}

{{- define "temporal-endpoints.validate.profiles" -}}
{{- $found := . }}
{{- range $where, $context := dict "temporal.podSecurityContext" .scope.podSecurityContext "serviceTemplate.securityContext" .scope.securityContext }}
{{- range $name := list "seccompProfile" "appArmorProfile" }}
{{- if hasKey $context $name }}
{{- $profile := index $context $name }}
{{- $at := append (splitList "." $where) $name }}
{{- if not $profile.type }}
{{- include "temporal-endpoints.wrong" (dict "found" $found "what" (printf "%s.%s has no type, which Kubernetes requires." $where $name) "at" (append $at "type") "new" "RuntimeDefault") }}
{{- else if and (eq $profile.type "Localhost") (not $profile.localhostProfile) }}
{{- include "temporal-endpoints.wrong" (dict "found" $found "what" (printf "%s.%s has the type Localhost but no localhostProfile." $where $name) "at" (append $at "localhostProfile") "new" "profiles/worker.json") }}
{{- else if and (eq $name "appArmorProfile") $profile.localhostProfile (ne (trim $profile.localhostProfile) $profile.localhostProfile) }}
{{- include "temporal-endpoints.wrong" (dict "found" $found "what" (printf "%s.%s.localhostProfile begins or ends with white space, which Kubernetes refuses." $where $name) "at" (append $at "localhostProfile") "new" (trim $profile.localhostProfile)) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "temporal-endpoints.validate.sysctls" -}}
{{- $kept := list }}
{{- $names := list }}
{{- $twice := list }}
{{- range default list .scope.podSecurityContext.sysctls }}
{{- if has .name $names }}
{{- $twice = append $twice .name }}
{{- else }}
{{- $names = append $names .name }}
{{- $kept = append $kept . }}
{{- end }}
{{- end }}
{{- with $twice }}
{{- include "temporal-endpoints.wrong" (dict "found" $ "what" (printf "temporal.podSecurityContext.sysctls sets %s twice; Kubernetes accepts a sysctl once." (uniq . | join ", ")) "at" (list "temporal" "podSecurityContext" "sysctls") "new" $kept) }}
{{- end }}
{{- end }}

{{- define "temporal-endpoints.validate.spread" -}}
{{- $found := . }}
{{- $kept := list }}
{{- $kinds := list }}
{{- $twice := list }}
{{- range $index, $_ := default list .scope.temporal.topologySpreadConstraints }}
{{- $kind := printf "%s with %s" .topologyKey .whenUnsatisfiable }}
{{- if has $kind $kinds }}
{{- $twice = append $twice $kind }}
{{- else }}
{{- $kinds = append $kinds $kind }}
{{- $kept = append $kept . }}
{{- end }}
{{- $keys := list "app" "version" }}
{{- if hasKey . "labelSelector" }}
{{- $keys = (include "temporal-endpoints.selectorKeys" .labelSelector | fromJson).keys }}
{{- end }}
{{- $both := list }}
{{- $free := list }}
{{- range default list .matchLabelKeys }}
{{- if has . $keys }}
{{- $both = append $both . }}
{{- else }}
{{- $free = append $free . }}
{{- end }}
{{- end }}
{{- with $both }}
{{- include "temporal-endpoints.wrong" (dict "found" $found "what" (printf "temporal.topologySpreadConstraints[%d] has %s in matchLabelKeys and in its labelSelector; Kubernetes accepts a key in one of them only. Without a labelSelector of its own it gets the endpoint's, with app and version." $index (join ", " .)) "at" (list "temporal" "topologySpreadConstraints" $index "matchLabelKeys") "new" $free) }}
{{- end }}
{{- end }}
{{- with $twice }}
{{- include "temporal-endpoints.wrong" (dict "found" $found "what" (printf "temporal.topologySpreadConstraints has two entries for %s; Kubernetes accepts one." (uniq . | join ", ")) "at" (list "temporal" "topologySpreadConstraints") "new" $kept) }}
{{- end }}
{{- end }}

{{- /* temporal-endpoints.selectorKeys: as JSON, a dict with `keys`. In: a label selector, or nil. */ -}}
{{- define "temporal-endpoints.selectorKeys" -}}
{{- $selector := default dict . }}
{{- $keys := keys (default dict $selector.matchLabels) }}
{{- range default list $selector.matchExpressions }}
{{- $keys = append $keys .key }}
{{- end }}
{{- toJson (dict "keys" $keys) }}
{{- end }}

{{- define "temporal-endpoints.validate.terms" -}}
{{- $found := . }}
{{- range $kind := list "podAffinity" "podAntiAffinity" }}
{{- $affinity := default dict (index (default dict $found.scope.temporal.affinity) $kind) }}
{{- range $when := list "requiredDuringSchedulingIgnoredDuringExecution" "preferredDuringSchedulingIgnoredDuringExecution" }}
{{- range $index, $item := default list (index $affinity $when) }}
{{- $at := list "temporal" "affinity" $kind $when $index }}
{{- if hasKey $item "podAffinityTerm" }}
{{- $at = append $at "podAffinityTerm" }}
{{- end }}
{{- $term := default $item $item.podAffinityTerm }}
{{- $selected := (include "temporal-endpoints.selectorKeys" $term.labelSelector | fromJson).keys }}
{{- $taken := dict "labelSelector" $selected "matchLabelKeys" (default list $term.matchLabelKeys) }}
{{- range $field, $others := dict "matchLabelKeys" (list "labelSelector") "mismatchLabelKeys" (list "labelSelector" "matchLabelKeys") }}
{{- range $key := default list (index $term $field) }}
{{- /* not reached: each field has others to compare with. */}}
{{- range $other := $others }}
{{- if has $key (index $taken $other) }}
{{- include "temporal-endpoints.wrong" (dict "found" $found "what" (printf "%s has %s in %s and in %s; Kubernetes accepts a key in one of them only." (include "temporal-endpoints.path" $at) $key $field $other) "at" (append $at $field) "new" (without (index $term $field) $key)) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "temporal-endpoints.validate.mounts" -}}
{{- $found := . }}
{{- if not .scope.securityContext.privileged }}
{{- range $index, $mount := default list .scope.temporal.extraVolumeMounts }}
{{- if eq (toString .mountPropagation) "Bidirectional" }}
{{- include "temporal-endpoints.wrong" (dict "found" $found "what" (printf "temporal.extraVolumeMounts[%d].mountPropagation is Bidirectional, which Kubernetes allows only for a privileged container." $index) "at" (list "temporal" "extraVolumeMounts" $index "mountPropagation") "new" "HostToContainer") }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "temporal-endpoints.validate.projections" -}}
{{- $found := . }}
{{- range $index, $volume := default list .scope.temporal.extraVolumes }}
{{- $paths := list }}
{{- range $number, $source := default list (default dict .projected).sources }}
{{- /* not reached: a source has its kind. */}}
{{- range $kind, $projection := $source }}
{{- $at := list "temporal" "extraVolumes" $index "projected" "sources" $number $kind }}
{{- $files := list (dict "path" $projection.path "at" $at) }}
{{- if not $projection.path }}
{{- $files = list }}
{{- range $place, $item := default list $projection.items }}
{{- $files = append $files (dict "path" .path "at" (concat $at (list "items" $place))) }}
{{- end }}
{{- end }}
{{- range $files }}
{{- if has .path $paths }}
{{- include "temporal-endpoints.wrong" (dict "found" $found "what" (printf "temporal.extraVolumes[%d].projected puts two files at %s." $index .path) "at" (append .at "path") "new" (printf "%s-%d" .path (len $paths))) }}
{{- end }}
{{- $paths = append $paths .path }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "temporal-endpoints.validate.annotations" -}}
{{- $found := . }}
{{- $prefix := "container.apparmor.security.beta.kubernetes.io/" }}
{{- $contexts := dict "seccomp.security.alpha.kubernetes.io/pod" .scope.podSecurityContext "container.seccomp.security.alpha.kubernetes.io/main" .scope.securityContext }}
{{- range $annotation, $profile := .scope.podAnnotations }}
{{- if hasPrefix $prefix $annotation }}
{{- if ne $annotation (printf "%smain" $prefix) }}
{{- include "temporal-endpoints.wrong" (dict "found" $found "what" (printf "temporal.podAnnotations sets %s, but a worker's only container is main." $annotation) "at" (list "temporal" "podAnnotations" $annotation) "new" nil) }}
{{- else if not (regexMatch "^(runtime/default|unconfined|localhost/.+)$" $profile) }}
{{- include "temporal-endpoints.wrong" (dict "found" $found "what" (printf "temporal.podAnnotations sets %s to %s; Kubernetes takes runtime/default, unconfined or localhost/<profile>." $annotation $profile) "at" (list "temporal" "podAnnotations" $annotation) "new" "runtime/default") }}
{{- end }}
{{- end }}
{{- if hasKey $contexts $annotation }}
{{- $field := default dict (index $contexts $annotation).seccompProfile }}
{{- $local := default "" $field.localhostProfile | regexQuoteMeta | printf "localhost/%s" }}
{{- $same := dict "RuntimeDefault" "(runtime|docker)/default" "Unconfined" "unconfined" "Localhost" $local }}
{{- $pattern := index $same (default "" $field.type) | default "((runtime|docker)/default|unconfined|localhost/.+)" }}
{{- if not (regexMatch (printf "^%s$" $pattern) $profile) }}
{{- include "temporal-endpoints.wrong" (dict "found" $found "what" (printf "temporal.podAnnotations sets %s to %s; Kubernetes uses seccompProfile of the securityContext and refuses an annotation that says something else." $annotation $profile) "at" (list "temporal" "podAnnotations" $annotation) "new" nil) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /*
What a claimed Kubernetes is too old for: it takes these fields away without a word, or keeps no such volume
(pkg/features/kube_features.go, the first minor that has each on).
*/ -}}
{{- define "temporal-endpoints.validate.minors" -}}
{{- $found := . }}
{{- $version := .scope.root.Capabilities.KubeVersion }}
{{- $used := list }}
{{- range $least, $places := dict
  "1.30" (list "temporal.preStop.sleep" "temporal.podSecurityContext.appArmorProfile" "serviceTemplate.securityContext.appArmorProfile")
  "1.33" (list "temporal.podSecurityContext.supplementalGroupsPolicy" "temporal.podSecurityContext.seLinuxChangePolicy")
  "1.35" (list "temporal.keda.behavior.scaleUp.tolerance" "temporal.keda.behavior.scaleDown.tolerance")
}}
{{- /* not reached: each version has its places. */}}
{{- range $places }}
{{- $value := $found.scope.Values }}
{{- /* not reached: a path has steps. */}}
{{- range splitList "." . }}
{{- $value = index (default dict $value) . }}
{{- end }}
{{- if not (kindIs "invalid" $value) }}
{{- $used = append $used (dict "least" $least "at" (splitList "." .)) }}
{{- end }}
{{- end }}
{{- end }}
{{- range $index, $mount := default list .scope.temporal.extraVolumeMounts }}
{{- if has .recursiveReadOnly (list "IfPossible" "Enabled") }}
{{- $used = append $used (dict "least" "1.31" "at" (list "temporal" "extraVolumeMounts" $index "recursiveReadOnly")) }}
{{- end }}
{{- end }}
{{- range $index, $volume := default list .scope.temporal.extraVolumes }}
{{- if hasKey . "image" }}
{{- $used = append $used (dict "least" "1.35" "at" (list "temporal" "extraVolumes" $index) "new" (dict "name" .name "emptyDir" dict)) }}
{{- end }}
{{- end }}
{{- /* A handler without its only field is none, so the handler is what goes. */}}
{{- range $used }}
{{- if semverCompare (printf "<%s-0" .least) $version.Version }}
{{- include "temporal-endpoints.wrong" (dict "found" $found "what" (printf "%s needs Kubernetes %s, and this one is %s, which would drop it without a warning." (include "temporal-endpoints.path" .at) .least $version.Version) "at" (ternary (list "temporal" "preStop") .at (has "preStop" .at)) "new" .new) }}
{{- end }}
{{- end }}
{{- end }}
