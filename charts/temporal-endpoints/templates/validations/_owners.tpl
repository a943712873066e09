{{- /*
What this release would install under a name that is not its own to choose, and that another release has in the cluster
already. Helm refuses that too, but says neither which value to set nor how to hand the object over. `lookup` finds
nothing where Helm has no cluster (`helm template`), and what is rendered does not depend on it.
*/ -}}
{{- define "temporal-endpoints.validate.owners" -}}
{{- $objects := list }}
{{- if and (not .scope.isIncluded) .scope.install.priorityClasses }}
{{- range $name := list "model-engine-default-priority" "model-engine-high-priority" }}
{{- $objects = append $objects (dict "apiVersion" "scheduling.k8s.io/v1" "kind" "PriorityClass" "namespace" "" "name" $name "set" "temporal:\n  install:\n    priorityClasses: false") }}
{{- end }}
{{- end }}
{{- if and (not .scope.isIncluded) .scope.serviceAccount.create }}
{{- $objects = append $objects (dict "apiVersion" "v1" "kind" "ServiceAccount" "namespace" .scope.endpointNamespace "name" .scope.serviceAccountName "set" "temporal:\n  serviceAccount:\n    create: false") }}
{{- end }}
{{- if and (not .scope.isIncluded) .scope.ownsConnection }}
{{- $objects = append $objects (dict "apiVersion" "v1" "kind" "ConfigMap" "namespace" .scope.endpointNamespace "name" .scope.connectionConfigMap "set" (printf "temporal:\n  connection:\n    existingConfigMap: %s" (.scope.connectionConfigMap | quote))) }}
{{- end }}
{{- if and (not .scope.isIncluded) .scope.ownsRecords }}
{{- $objects = append $objects (dict "apiVersion" "v1" "kind" "PersistentVolumeClaim" "namespace" .scope.Release.Namespace "name" .scope.controlPlaneName "set" (printf "temporal:\n  controlPlane:\n    database:\n      existingClaim: %s" (.scope.controlPlaneName | quote))) }}
{{- end }}
{{- range $objects }}
{{- include "temporal-endpoints.validate.owner" (dict "found" $ "object" . "live" (lookup .apiVersion .kind .namespace .name)) }}
{{- end }}
{{- end }}

{{- /*
temporal-endpoints.validate.owner: notes a problem if an object is there and belongs to somebody else. In: `found`;
`object`, what would be installed; `live`, what the cluster has under that name, empty if nothing.
*/ -}}
{{- define "temporal-endpoints.validate.owner" -}}
{{- $release := .found.scope.Release }}
{{- /* not reached: without a cluster `lookup` finds nothing; tests/chart/test_owners.py puts an object in its place. */}}
{{- with .live }}
{{- $annotations := default dict .metadata.annotations }}
{{- $name := get $annotations "meta.helm.sh/release-name" }}
{{- $namespace := get $annotations "meta.helm.sh/release-namespace" }}
{{- if not (and (eq $name $release.Name) (eq $namespace $release.Namespace)) }}
{{- $owner := "no release" }}
{{- if $name }}
{{- $owner = printf "the release %s in namespace %s" $name $namespace }}
{{- end }}
{{- $where := "" }}
{{- if $.object.namespace }}
{{- $where = printf " --namespace %s" $.object.namespace }}
{{- end }}
{{- $what := printf "%s/%s%s" (lower $.object.kind) $.object.name $where }}
{{- include "temporal-endpoints.problem" (dict "found" $.found
  "what" (printf "The %s %s exists and belongs to %s, so Helm cannot install it with this one." $.object.kind $.object.name $owner)
  "set" (printf "%s\n# or hand the object over to this release, before you install it:\n# kubectl label --overwrite %s app.kubernetes.io/managed-by=Helm\n# kubectl annotate --overwrite %s meta.helm.sh/release-name=%s meta.helm.sh/release-namespace=%s" $.object.set $what $what $release.Name $release.Namespace)) }}
{{- end }}
{{- end }}
{{- end }}
