{{- /* temporal-endpoints.podSpec: a worker's pod. In: as `temporal-endpoints.deployment`. */ -}}
{{- define "temporal-endpoints.podSpec" -}}
{{- $scope := .scope }}
{{- $temporal := $scope.temporal -}}
affinity:
  {{- if $temporal.affinity }}
  {{- include "temporal-endpoints.yaml" $temporal.affinity | nindent 2 }}
  {{- else }}
  {{- include "temporal-endpoints.affinity" $scope | nindent 2 }}
  {{- end }}
{{- with $temporal.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- range . }}
  {{- $constraint := deepCopy . }}
  {{- if not (hasKey $constraint "labelSelector") }}
  {{- $_ := set $constraint "labelSelector" (dict "matchLabels" (dict "app" "${RESOURCE_NAME}" "version" "v1")) }}
  {{- end }}
  -
    {{- include "temporal-endpoints.yaml" $constraint | nindent 4 }}
  {{- end }}
{{- end }}
{{- if not (kindIs "invalid" $temporal.terminationGracePeriodSeconds) }}
terminationGracePeriodSeconds: {{ int64 $temporal.terminationGracePeriodSeconds }}
{{- end }}
serviceAccountName: {{ include "temporal-endpoints.quoted" $scope.serviceAccountName }}
{{- if kindIs "bool" $temporal.automountServiceAccountToken }}
automountServiceAccountToken: {{ $temporal.automountServiceAccountToken }}
{{- end }}
{{- with $temporal.imagePullSecrets }}
imagePullSecrets:
  {{- include "temporal-endpoints.yaml" . | nindent 2 }}
{{- end }}
{{- with default $temporal.runtimeClassName .runtimeClassName }}
runtimeClassName: {{ include "temporal-endpoints.quoted" . }}
{{- end }}
{{- $nodeSelector := dict }}
{{- /* One node selector from three places; the later one wins. */}}
{{- range list $scope.nodeSelector $scope.temporalNodeSelector .nodeSelector }}
{{- range $label, $value := . }}
{{- $_ := set $nodeSelector $label $value }}
{{- end }}
{{- end }}
{{- with $nodeSelector }}
nodeSelector:
  {{- range $label, $value := . }}
  {{- if eq (toString $value) "${GPU_TYPE}" }}
  {{ include "temporal-endpoints.quoted" $label }}: "${GPU_TYPE}"
  {{- else }}
  {{ include "temporal-endpoints.quoted" $label }}: {{ include "temporal-endpoints.quoted" $value }}
  {{- end }}
  {{- end }}
{{- end }}
{{- with concat .tolerations (default list $temporal.tolerations) }}
tolerations:
  {{- include "temporal-endpoints.yaml" . | nindent 2 }}
{{- end }}
priorityClassName: "${PRIORITY}"
{{- with $scope.podSecurityContext }}
securityContext:
  {{- include "temporal-endpoints.yaml" . | nindent 2 }}
{{- end }}
containers:
  - name: main
    {{- include "temporal-endpoints.container" . | nindent 4 }}
volumes:
  {{- include "temporal-endpoints.volumes" $scope | nindent 2 }}
{{- end }}

{{- /*
temporal-endpoints.affinity: prefers nodes that run the same image (its layers are there), then the same endpoint, as
llm-engine's templates do. In: the scope.
*/ -}}
{{- define "temporal-endpoints.affinity" -}}
podAffinity:
  preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 1
      podAffinityTerm:
        labelSelector:
          matchExpressions:
            - key: app
              operator: In
              values:
                - "${RESOURCE_NAME}"
        topologyKey: kubernetes.io/hostname
    - weight: 100
      podAffinityTerm:
        labelSelector:
          matchExpressions:
            - key: "${IMAGE_HASH}"
              operator: In
              values:
                - "True"
        topologyKey: kubernetes.io/hostname
{{- end }}

{{- /* temporal-endpoints.container: the container `main`, without its name. In: as `temporal-endpoints.deployment`. */ -}}
{{- define "temporal-endpoints.container" -}}
{{- $scope := .scope }}
{{- $temporal := $scope.temporal -}}
image: "${IMAGE}"
{{- with $temporal.imagePullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
command: ${COMMAND}
env: ${MAIN_ENV}
{{- with include "temporal-endpoints.envFrom" $scope | trim }}
envFrom:
  {{- . | nindent 2 }}
{{- end }}
{{- with $scope.metrics.port }}
ports:
  - name: metrics
    containerPort: {{ int . }}
    protocol: TCP
{{- end }}
{{- range $name := list "readiness" "liveness" "startup" }}
{{- with index $scope.probes $name }}
{{ $name }}Probe:
  {{- include "temporal-endpoints.yaml" . | nindent 2 }}
{{- end }}
{{- end }}
{{- with $temporal.preStop }}
lifecycle:
  preStop:
    {{- include "temporal-endpoints.yaml" . | nindent 4 }}
{{- end }}
{{- with $scope.securityContext }}
securityContext:
  {{- include "temporal-endpoints.yaml" . | nindent 2 }}
{{- end }}
resources:
  {{- /* Requests equal limits: a worker gets what the endpoint asked for, no more and no less. */}}
  {{- range $kind := list "requests" "limits" }}
  {{ $kind }}:
    {{- range $name, $quantity := $.resources }}
    {{ $name }}: {{ $quantity | quote }}
    {{- end }}
    cpu: "${CPUS}"
    memory: "${MEMORY}"
    ${STORAGE_DICT}
  {{- end }}
volumeMounts:
  {{- include "temporal-endpoints.volumeMounts" $scope | nindent 2 }}
{{- end }}
