{{- define "temporal-endpoints.validate.pods" -}}
{{- $found := . }}
{{- $scope := .scope }}
{{- $temporal := $scope.temporal }}
{{- $gpuKey := default "k8s.amazonaws.com/accelerator" $scope.gpu.nodeSelectorKey }}
{{- range $where, $labels := dict "nodeSelector" $scope.nodeSelector "temporal.nodeSelector" $scope.temporalNodeSelector }}
{{- if hasKey $labels $gpuKey }}
{{- include "temporal-endpoints.problem" (dict "found" $found "what" (printf "%s sets %s, which the endpoint's GPU type sets for GPU workers and no CPU worker should have." $where $gpuKey) "set" (printf "%s:\n  %s: null" $where $gpuKey | replace "temporal.nodeSelector:\n" "temporal:\n  nodeSelector:\n  ")) }}
{{- end }}
{{- end }}
{{- $grace := $temporal.terminationGracePeriodSeconds }}
{{- $sleep := int (default 0 (default dict (default dict $temporal.preStop).sleep).seconds) }}
{{- if and $sleep (ge $sleep (int (default 30 $grace))) }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" (printf "The preStop handler sleeps %d seconds, which leaves nothing of the grace period of %d for activities." $sleep (int (default 30 $grace))) "set" (printf "temporal:\n  terminationGracePeriodSeconds: %d" (add $sleep 1800))) }}
{{- end }}
{{- $handlers := dict "temporal.preStop" $temporal.preStop }}
{{- range $name := list "readiness" "liveness" "startup" }}
{{- $_ := set $handlers (printf "temporal.probes.%s" $name) (index $scope.probes $name) }}
{{- end }}
{{- range $where, $handler := $handlers }}
{{- range $kind := list "httpGet" "tcpSocket" }}
{{- $port := (default dict (index (default dict $handler) $kind)).port }}
{{- if not (kindIs "string" $port) }}
{{- else if ne $port "metrics" }}
{{- $set := dict "port" 8080 }}
{{- range reverse (splitList "." (printf "%s.%s" $where $kind)) }}
{{- $set = dict . $set }}
{{- end }}
{{- include "temporal-endpoints.problem" (dict "found" $found "what" (printf "%s asks the port named %s, and a worker's container names none but metrics." $where $port) "set" (toYaml $set)) }}
{{- else if not $scope.metrics.port }}
{{- include "temporal-endpoints.problem" (dict "found" $found "what" (printf "%s asks the port named metrics, and there is none." $where) "set" "temporal:\n  metrics:\n    port: 9000") }}
{{- end }}
{{- end }}
{{- end }}
{{- range $where, $context := dict "temporal.podSecurityContext" $scope.podSecurityContext "serviceTemplate.securityContext" $scope.securityContext }}
{{- $profile := default dict $context.seccompProfile }}
{{- if and (eq (toString $profile.type) "Localhost") (not $profile.localhostProfile) }}
{{- include "temporal-endpoints.problem" (dict "found" $found "what" (printf "%s.seccompProfile is Localhost and names no profile." $where) "set" (printf "%s:\n    seccompProfile:\n      localhostProfile: profiles/worker.json" ($where | replace "." ":\n  "))) }}
{{- end }}
{{- end }}
{{- $own := $scope.securityContext }}
{{- if and (eq (toString $own.allowPrivilegeEscalation) "false") (or $own.privileged (has "SYS_ADMIN" (default list (default dict $own.capabilities).add))) }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" "Kubernetes refuses a container that is privileged or has SYS_ADMIN and may not gain privileges." "set" "serviceTemplate:\n  securityContext:\n    allowPrivilegeEscalation: true") }}
{{- end }}
{{- with $temporal.strategy }}
{{- $rolling := default dict .rollingUpdate }}
{{- if and (eq (default "" .type) "Recreate") $rolling }}
{{- include "temporal-endpoints.problem" (dict "found" $found "what" "strategy.type is Recreate, which takes no rollingUpdate." "set" "temporal:\n  strategy:\n    type: Recreate\n    rollingUpdate: null") }}
{{- end }}
{{- if and (has (toString $rolling.maxSurge) (list "0" "0%")) (has (toString $rolling.maxUnavailable) (list "0" "0%")) }}
{{- include "temporal-endpoints.problem" (dict "found" $found "what" "strategy.rollingUpdate allows no worker more and no worker less, so no rollout could go on." "set" "temporal:\n  strategy:\n    rollingUpdate:\n      maxSurge: 1\n      maxUnavailable: 0") }}
{{- end }}
{{- end }}
{{- if and (not (kindIs "invalid" $scope.podDisruptionBudget.minAvailable)) (not (kindIs "invalid" $scope.podDisruptionBudget.maxUnavailable)) }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" "A disruption budget takes minAvailable or maxUnavailable, not both." "set" "temporal:\n  podDisruptionBudget:\n    maxUnavailable: null") }}
{{- end }}
{{- $own := list "app" "version" "user_id" "team" "product" "created_by" "owner" "env" "managed-by" "use_scale_launch_endpoint_network_policy" "tags.datadoghq.com/env" "tags.datadoghq.com/version" "tags.datadoghq.com/service" "endpoint_id" "endpoint_name" "endpoint_type" "sidecar.istio.io/inject" "azure.workload.identity/use" }}
{{- range $label, $_ := $scope.podLabels }}
{{- if has $label $own }}
{{- include "temporal-endpoints.problem" (dict "found" $found "what" (printf "temporal.podLabels sets %s, which is the chart's own." $label) "set" (printf "temporal:\n  podLabels:\n    %s: null" $label)) }}
{{- end }}
{{- end }}
{{- range $annotation, $_ := $scope.podAnnotations }}
{{- if has $annotation (list "ad.datadoghq.com/main.logs" "temporal.scaleml.io/connection-checksum") }}
{{- include "temporal-endpoints.problem" (dict "found" $found "what" (printf "temporal.podAnnotations sets %s, which is the chart's own." $annotation) "set" (printf "temporal:\n  podAnnotations:\n    %s: null" $annotation)) }}
{{- end }}
{{- end }}
{{- $names := list "config-volume" "user-config" "endpoint-config" "dshm" "infra-service-config-volume" "temporal-tls" }}
{{- $present := list "user-config" "endpoint-config" "dshm" }}
{{- range default list $temporal.extraVolumes }}
{{- if has .name $names }}
{{- include "temporal-endpoints.problem" (dict "found" $found "what" (printf "temporal.extraVolumes has a volume named %s, which is a name of the chart's own." .name) "set" (printf "temporal:\n  extraVolumes:\n    - name: my-%s" .name)) }}
{{- else if has .name $present }}
{{- include "temporal-endpoints.problem" (dict "found" $found "what" (printf "temporal.extraVolumes has two volumes named %s." .name) "set" (printf "temporal:\n  extraVolumes:\n    - name: %s-2" .name)) }}
{{- end }}
{{- $present = append $present .name }}
{{- end }}
{{- $paths := list "/app/user_config" "/app/endpoint_config" "/dev/shm" }}
{{- if $scope.awsConfigMap }}
{{- $present = append $present "config-volume" }}
{{- $paths = append $paths "/opt/.aws/config" }}
{{- end }}
{{- if $scope.infraConfig }}
{{- $present = append $present "infra-service-config-volume" }}
{{- end }}
{{- if $scope.tls.secretName }}
{{- $present = append $present "temporal-tls" }}
{{- $paths = append $paths $scope.tlsDirectory }}
{{- end }}
{{- range default list $temporal.extraVolumeMounts }}
{{- if not (has .name $present) }}
{{- $free := ternary (printf "my-%s" .name) .name (has .name $names) }}
{{- include "temporal-endpoints.problem" (dict "found" $found "what" (printf "temporal.extraVolumeMounts mounts %s, and there is no such volume." .name) "set" (printf "temporal:\n  extraVolumes:\n    - name: %s\n      emptyDir: {}\n  extraVolumeMounts:\n    - name: %s\n      mountPath: %s" $free $free .mountPath)) }}
{{- end }}
{{- if has .mountPath $paths }}
{{- include "temporal-endpoints.problem" (dict "found" $found "what" (printf "temporal.extraVolumeMounts mounts %s at %s, where something is mounted already." .name .mountPath) "set" (printf "temporal:\n  extraVolumeMounts:\n    - name: %s\n      mountPath: /mnt/%s" .name .name)) }}
{{- end }}
{{- $paths = append $paths .mountPath }}
{{- end }}
{{- if and $scope.Values.aws (not $scope.awsConfigMap) }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" "`aws` is set but names no ConfigMap with the AWS configuration." "set" "serviceTemplate:\n  awsConfigMapName: default-config") }}
{{- end }}
{{- end }}
