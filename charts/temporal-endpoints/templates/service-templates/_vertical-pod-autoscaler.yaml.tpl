{{- define "temporal-endpoints.vertical-pod-autoscaler.yaml" -}}
apiVersion: autoscaling.k8s.io/v1
kind: VerticalPodAutoscaler
metadata:
  name: "${RESOURCE_NAME}"
  namespace: "${NAMESPACE}"
  labels:
    {{- include "temporal-endpoints.endpointLabels" . | nindent 4 }}
spec:
  targetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: "${RESOURCE_NAME}"
  updatePolicy:
    updateMode: {{ default "Initial" .verticalPodAutoscaler.updateMode | quote }}
  resourcePolicy:
    containerPolicies:
      - containerName: main
        {{- with .verticalPodAutoscaler.minAllowed }}
        minAllowed:
          {{- include "temporal-endpoints.yaml" . | nindent 10 }}
        {{- end }}
        maxAllowed:
          cpu: "${CPUS}"
          memory: "${MEMORY}"
        controlledResources: ["cpu", "memory"]
{{- end }}
