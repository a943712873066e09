{{- /*
temporal-endpoints.defaults: values.yaml, for a chart that includes the service templates with values of its own.
Generated from values.yaml by `make docs`; do not edit.
*/ -}}
{{- define "temporal-endpoints.defaults" -}}
context: production
datadog:
  env: ''
nodeSelector: {}
gpuTolerations: []
extraPodEnvFrom: []
aws: null
azure: null
serviceTemplate:
  securityContext: {}
  mountInfraConfig: false
  serviceAccountName: ''
  serviceAccountAnnotations: {}
  awsConfigMapName: ''
config:
  values: {}
temporal:
  fullnameOverride: ''
  launchName: ''
  scaling: fixed
  keda:
    pollingInterval: 30
    cooldownPeriod: null
    initialCooldownPeriod: 300
    idleReplicaCount: null
    targetQueueSize: null
    activationTargetQueueSize: 0
    queueTypes:
    - activity
    minConnectTimeout: null
    useCachedMetrics: false
    enableTLS: null
    includeRunningWorkflowCount: null
    workflowTaskQueueForCount: null
    authenticationRef: null
    fallback:
      enabled: false
      failureThreshold: 3
      behavior: currentReplicas
      replicas: null
    restoreToOriginalReplicaCount: false
    behavior:
      scaleDown:
        stabilizationWindowSeconds: 300
        policies:
        - type: Pods
          value: 1
          periodSeconds: 300
      scaleUp:
        stabilizationWindowSeconds: 0
        policies:
        - type: Percent
          value: 100
          periodSeconds: 15
        - type: Pods
          value: 4
          periodSeconds: 15
        selectPolicy: Max
    pause:
      enabled: false
      replicas: null
      scaleIn: false
      scaleOut: false
    annotations: {}
  connection:
    address: ''
    namespace: default
    addressFrom: value
    namespaceFrom: value
    existingConfigMap: ''
    apiKey:
      secretName: ''
    tls:
      enabled: null
      secretName: ''
      ca: false
      serverName: ''
      disableHostVerification: false
  terminationGracePeriodSeconds: 1800
  preStop: null
  probes:
    readiness: null
    liveness: null
    startup: null
  metrics:
    port: null
  podSecurity: restricted
  podSecurityContext: {}
  automountServiceAccountToken: false
  nodeSelector: {}
  tolerations: []
  affinity: null
  topologySpreadConstraints: []
  runtimeClassName: null
  gpu:
    nodeSelectorKey: k8s.amazonaws.com/accelerator
    runtimeClassName: null
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  imagePullPolicy: IfNotPresent
  imagePullSecrets: []
  podLabels: {}
  podAnnotations: {}
  extraVolumes: []
  extraVolumeMounts: []
  sharedMemory:
    sizeLimit: null
  podDisruptionBudget:
    maxUnavailable: 50%
    minAvailable: null
    unhealthyPodEvictionPolicy: null
  verticalPodAutoscaler:
    updateMode: Initial
    minAllowed:
      cpu: 100m
      memory: 128Mi
  configMap:
    hook: false
    annotations: {}
  install:
    connectionConfigMap: true
    serviceAccount: false
    priorityClasses: false
    networkPolicy: false
  networkPolicy:
    extraEgress: []
    metricsFrom: []
  test:
    image: docker.io/library/busybox:1.37.0
{{- end }}
