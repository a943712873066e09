{{- /*
What Kubernetes' own code refuses and values.schema.json cannot say, because it compares one entry of a list with another or
a value with one elsewhere (pkg/apis/core/validation, pkg/apis/networking/validation).

  temporal-endpoints.wrong          notes a problem whose YAML sets one value           all below
  temporal-endpoints.selectorKeys   the label keys a selector looks at                  spread, terms
  temporal-endpoints.addressBits    a network's address as ones and zeros               networkPolicy
*/ -}}
{{- define "temporal-endpoints.validate.kubernetes" -}}
{{- range list "profiles" "sysctls" "spread" "terms" "mounts" "projections" "networkPolicy" "annotations" "minors" }}
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
{{- include "temporal-endpoints.wrong" (dict "found" $found "what" (printf "%s has %s, which is not a smaller network inside %s." (include "temporal-endpoints.path" $at) (join ", " $outside) .cidr) "at" $at "new" $kept) }}
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
