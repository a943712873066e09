{{- /*
temporal-endpoints.deployment: the Deployment of an endpoint's workers, all that CPU and GPU share.

Calling convention: a dict with
  scope             the scope
  resources         map: more entries of requests and limits
  nodeSelector      map: more node labels
  tolerations       list: tolerations of this device
  runtimeClassName  the device's runtime class, or nil

One rule holds in every service template: an argument that is text stands inside double quotes, a number or a whole
value stands bare, and an entry has a line of its own. So 1234 stays a name, and what is filled in cannot become
structure.
*/ -}}
{{- define "temporal-endpoints.deployment" -}}
{{- range $key := list "scope" "resources" "nodeSelector" "tolerations" "runtimeClassName" }}
{{- if not (hasKey $ $key) }}
{{- fail (printf "temporal-endpoints.deployment: the key %q is missing. See its calling convention." $key) }}
{{- end }}
{{- end }}
{{- $scope := .scope }}
{{- $temporal := $scope.temporal -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: "${RESOURCE_NAME}"
  namespace: "${NAMESPACE}"
  labels:
    {{- include "temporal-endpoints.endpointLabels" $scope | nindent 4 }}
  annotations:
    temporal.scaleml.io/taskQueue: "${TEMPORAL_TASK_QUEUE}"
    temporal.scaleml.io/minWorkers: "${MIN_WORKERS}"
    temporal.scaleml.io/maxWorkers: "${MAX_WORKERS}"
    temporal.scaleml.io/perWorker: "${PER_WORKER}"
    {{- /* On the Deployment, where kubectl reads it: it carries the time, and on the pods it would restart them at
    every update. */}}
    kubernetes.io/change-cause: "${CHANGE_CAUSE_MESSAGE}"
spec:
  {{- if not $scope.isKeda }}
  replicas: ${MAX_WORKERS}
  {{- end }}
  {{- with $temporal.strategy }}
  strategy:
    {{- include "temporal-endpoints.yaml" . | nindent 4 }}
  {{- end }}
  selector:
    matchLabels:
      {{- include "temporal-endpoints.selectorLabels" $scope | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "temporal-endpoints.selectorLabels" $scope | nindent 8 }}
        {{- include "temporal-endpoints.endpointLabels" $scope | nindent 8 }}
        endpoint_type: temporal
        {{- /* Pods of the same image attract each other, see the affinity. */}}
        "${IMAGE_HASH}": "True"
        sidecar.istio.io/inject: "false"
        {{- with $scope.podLabels }}
        {{- include "temporal-endpoints.yaml" . | nindent 8 }}
        {{- end }}
      annotations:
        ad.datadoghq.com/main.logs: "[{\"service\": \"${ENDPOINT_NAME}\", \"source\": \"python\"}]"
        {{- if $scope.ownsConnection }}
        temporal.scaleml.io/connection-checksum: {{ $scope.connectionData | toJson | sha256sum | trunc 16 | quote }}
        {{- end }}
        {{- with $scope.podAnnotations }}
        {{- include "temporal-endpoints.yaml" . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "temporal-endpoints.podSpec" . | nindent 6 }}
{{- end }}
