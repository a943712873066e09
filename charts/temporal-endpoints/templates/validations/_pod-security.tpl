{{- /*
The claimed Pod Security level against what the values make of it: the controls of the Pod Security Standards that a value
of this chart can break (kubernetes/pod-security-admission, policy/check_*.go).
*/ -}}
{{- define "temporal-endpoints.validate.podSecurity" -}}
{{- $broken := dict "restricted" list "baseline" list }}
{{- $scope := .scope }}
{{- include "temporal-endpoints.brokenControls" (dict "scope" $scope "broken" $broken) }}
{{- $claimed := $scope.level }}
{{- $needed := ternary "privileged" (ternary "baseline" "restricted" (gt (len $broken.restricted) 0)) (gt (len $broken.baseline) 0) }}
{{- $reasons := list }}
{{- if eq $claimed "restricted" }}
{{- $reasons = concat $broken.baseline $broken.restricted }}
{{- else if eq $claimed "baseline" }}
{{- $reasons = $broken.baseline }}
{{- end }}
{{- with $reasons }}
{{- include "temporal-endpoints.problem" (dict "found" $ "what" (printf "Workers claim the Pod Security level %s, which does not allow: %s. Remove that, or claim less." $claimed (join "; " .)) "set" (printf "temporal:\n  podSecurity: %s" $needed)) }}
{{- end }}
{{- end }}

{{- /* temporal-endpoints.brokenControls: In: `scope`; `broken`, a dict with lists `baseline` and `restricted` to add to. */ -}}
{{- define "temporal-endpoints.brokenControls" -}}
{{- $pod := .scope.podSecurityContext }}
{{- $container := .scope.securityContext }}
{{- $baseline := list }}
{{- $restricted := list }}
{{- if $container.privileged }}
{{- $baseline = append $baseline "serviceTemplate.securityContext.privileged: true" }}
{{- end }}
{{- if not (has (default "Default" $container.procMount) (list "Default")) }}
{{- $baseline = append $baseline (printf "serviceTemplate.securityContext.procMount: %s" $container.procMount) }}
{{- end }}
{{- $allowed := list "AUDIT_WRITE" "CHOWN" "DAC_OVERRIDE" "FOWNER" "FSETID" "KILL" "MKNOD" "NET_BIND_SERVICE" "SETFCAP" "SETGID" "SETPCAP" "SETUID" "SYS_CHROOT" }}
{{- $capabilities := default dict $container.capabilities }}
{{- range default list $capabilities.add }}
{{- if not (has . $allowed) }}
{{- $baseline = append $baseline (printf "the added capability %s" .) }}
{{- else if ne . "NET_BIND_SERVICE" }}
{{- $restricted = append $restricted (printf "the added capability %s" .) }}
{{- end }}
{{- end }}
{{- if not (has "ALL" (default list $capabilities.drop)) }}
{{- $restricted = append $restricted "serviceTemplate.securityContext.capabilities.drop without ALL" }}
{{- end }}
{{- if and (ne (toString $container.allowPrivilegeEscalation) "false") (not $container.privileged) (not (has "SYS_ADMIN" (default list $capabilities.add))) }}
{{- $restricted = append $restricted "serviceTemplate.securityContext.allowPrivilegeEscalation other than false" }}
{{- end }}
{{- /* The container's own setting wins over the pod's. */}}
{{- $runAsNonRoot := ternary $container.runAsNonRoot $pod.runAsNonRoot (hasKey $container "runAsNonRoot") }}
{{- if ne (toString $runAsNonRoot) "true" }}
{{- $restricted = append $restricted "runAsNonRoot other than true" }}
{{- end }}
{{- range $where, $context := dict "temporal.podSecurityContext" $pod "serviceTemplate.securityContext" $container }}
{{- if eq (toString $context.runAsUser) "0" }}
{{- $restricted = append $restricted (printf "%s.runAsUser: 0" $where) }}
{{- end }}
{{- if hasKey $context "seccompProfile" }}
{{- $profile := default "none" $context.seccompProfile.type }}
{{- if eq $profile "Unconfined" }}
{{- $baseline = append $baseline (printf "%s.seccompProfile.type: Unconfined" $where) }}
{{- end }}
{{- end }}
{{- $options := default dict $context.seLinuxOptions }}
{{- if or $options.user $options.role (not (has (default "" $options.type) (list "" "container_t" "container_init_t" "container_kvm_t" "container_engine_t"))) }}
{{- $baseline = append $baseline (printf "%s.seLinuxOptions with a user, a role or another type" $where) }}
{{- end }}
{{- if eq (default "" (default dict $context.appArmorProfile).type) "Unconfined" }}
{{- $baseline = append $baseline (printf "%s.appArmorProfile.type: Unconfined" $where) }}
{{- end }}
{{- end }}
{{- if not (or (default dict $pod.seccompProfile).type (default dict $container.seccompProfile).type) }}
{{- $restricted = append $restricted "no seccompProfile" }}
{{- end }}
{{- $safe := list "kernel.shm_rmid_forced" "net.ipv4.ip_local_port_range" "net.ipv4.ip_unprivileged_port_start" "net.ipv4.tcp_syncookies" "net.ipv4.ping_group_range" "net.ipv4.ip_local_reserved_ports" "net.ipv4.tcp_keepalive_time" "net.ipv4.tcp_fin_timeout" "net.ipv4.tcp_keepalive_intvl" "net.ipv4.tcp_keepalive_probes" }}
{{- range default list $pod.sysctls }}
{{- if not (has .name $safe) }}
{{- $baseline = append $baseline (printf "the sysctl %s" .name) }}
{{- end }}
{{- end }}
{{- range $annotation, $profile := .scope.podAnnotations }}
{{- if and (hasPrefix "container.apparmor.security.beta.kubernetes.io/" $annotation) (eq $profile "unconfined") }}
{{- $baseline = append $baseline (printf "the annotation %s: unconfined" $annotation) }}
{{- end }}
{{- end }}
{{- range $where, $handler := dict
  "temporal.preStop" .scope.temporal.preStop
  "temporal.probes.readiness" .scope.probes.readiness
  "temporal.probes.liveness" .scope.probes.liveness
  "temporal.probes.startup" .scope.probes.startup
}}
{{- range $kind := list "httpGet" "tcpSocket" }}
{{- if (default dict (index (default dict $handler) $kind)).host }}
{{- $baseline = append $baseline (printf "%s.%s.host" $where $kind) }}
{{- end }}
{{- end }}
{{- end }}
{{- range default list .scope.temporal.extraVolumes }}
{{- if hasKey . "hostPath" }}
{{- $baseline = append $baseline (printf "the hostPath volume %s" .name) }}
{{- else }}
{{- $kinds := without (keys .) "name" }}
{{- range $kinds }}
{{- if not (has . (list "configMap" "csi" "downwardAPI" "emptyDir" "ephemeral" "image" "persistentVolumeClaim" "projected" "secret")) }}
{{- $restricted = append $restricted (printf "a volume of the kind %s" .) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- $_ := set .broken "baseline" $baseline }}
{{- $_ := set .broken "restricted" $restricted }}
{{- end }}
