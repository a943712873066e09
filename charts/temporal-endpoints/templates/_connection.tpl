{{- /*
The workers' connection to Temporal. Environment variables reach a worker by envFrom, as its env list is one argument of
the control plane; an API key by envFrom from its Secret, a client certificate by a mounted Secret. The variables are
those of the Temporal SDKs' environment configuration.
*/ -}}

{{- /*
temporal-endpoints.connectionScope: sets in the scope `connectionData` (a map of variables), `connectionConfigMap` (the
name workers refer to, empty when there is nothing to say) and `tlsDirectory`.
*/ -}}
{{- define "temporal-endpoints.connectionScope" -}}
{{- $data := dict }}
{{- $_ := set . "tlsDirectory" "/etc/temporal/tls" }}
{{- if and .connection.address (ne .connection.addressFrom "argument") }}
{{- $_ := set $data "TEMPORAL_ADDRESS" .connection.address }}
{{- if ne .connection.namespaceFrom "argument" }}
{{- $_ := set $data "TEMPORAL_NAMESPACE" (default "default" .connection.namespace) }}
{{- end }}
{{- end }}
{{- if kindIs "bool" .tls.enabled }}
{{- $_ := set $data "TEMPORAL_TLS" (toString .tls.enabled) }}
{{- end }}
{{- if .tls.secretName }}
{{- /* `enabled: false` beside a certificate is refused. */}}
{{- $_ := set $data "TEMPORAL_TLS" "true" }}
{{- $_ := set $data "TEMPORAL_TLS_CLIENT_CERT_PATH" (printf "%s/tls.crt" .tlsDirectory) }}
{{- $_ := set $data "TEMPORAL_TLS_CLIENT_KEY_PATH" (printf "%s/tls.key" .tlsDirectory) }}
{{- if .tls.ca }}
{{- $_ := set $data "TEMPORAL_TLS_SERVER_CA_CERT_PATH" (printf "%s/ca.crt" .tlsDirectory) }}
{{- end }}
{{- end }}
{{- if .tls.serverName }}
{{- $_ := set $data "TEMPORAL_TLS_SERVER_NAME" .tls.serverName }}
{{- end }}
{{- if .tls.disableHostVerification }}
{{- $_ := set $data "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION" "true" }}
{{- end }}
{{- $_ := set . "connectionData" $data }}
{{- $_ := set . "connectionConfigMap" (default "" .connection.existingConfigMap) }}
{{- $_ := set . "ownsConnection" (and (not .connectionConfigMap) .install.connectionConfigMap (not (empty $data))) }}
{{- if .ownsConnection }}
{{- $_ := set . "connectionConfigMap" (printf "%s-connection" .fullname) }}
{{- end }}
{{- end }}

{{- /*
temporal-endpoints.envFrom: the worker's sources of variables, the last one wins: the user's own, then the connection,
then the API key. In: the scope.
*/ -}}
{{- define "temporal-endpoints.envFrom" -}}
{{- with .Values.extraPodEnvFrom }}
{{ include "temporal-endpoints.yaml" . }}
{{- end }}
{{- with .connectionConfigMap }}
- configMapRef:
    name: {{ include "temporal-endpoints.quoted" . }}
{{- end }}
{{- with .apiKeySecret }}
- secretRef:
    name: {{ include "temporal-endpoints.quoted" . }}
{{- end }}
{{- end }}

{{- /*
temporal-endpoints.connectionConfigMap: the ConfigMap with the connection, for a chart that includes the service
templates: one more line in a file of its own. In: that chart's root.
*/ -}}
{{- /* not reached: only another chart includes it. */ -}}
{{- define "temporal-endpoints.connectionConfigMap" -}}
{{- $scope := dict "root" . }}
{{- include "temporal-endpoints.included" $scope }}
{{- if $scope.ownsConnection }}
{{- include "temporal-endpoints.connectionObject" (dict "scope" $scope "labels" "") }}
{{- end }}
{{- end }}

{{- /* temporal-endpoints.connectionObject: the ConfigMap itself. In: `scope`; `labels`, YAML or empty. */ -}}
{{- define "temporal-endpoints.connectionObject" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .scope.connectionConfigMap | quote }}
  namespace: {{ .scope.endpointNamespace | quote }}
  {{- /* not reached: only another chart's ConfigMap is without labels. */}}
  {{- with .labels }}
  labels:
    {{- . | nindent 4 }}
  {{- end }}
data:
  {{- /* not reached: without data there is no ConfigMap, see `ownsConnection`. */}}
  {{- range $name, $value := .scope.connectionData }}
  {{ $name }}: {{ $value | quote }}
  {{- end }}
{{- end }}
