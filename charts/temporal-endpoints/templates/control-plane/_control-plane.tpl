{{- /*
The control plane: `temporal-endpoints serve` in a pod, with the rights of the requests that it makes and no others. The
library chart leaves this folder out, because another chart's release has a control plane already.
*/ -}}

{{- /* temporal-endpoints.controlPlaneLabels: which pods are this release's control plane. In: the scope. */ -}}
{{- define "temporal-endpoints.controlPlaneLabels" -}}
app.kubernetes.io/name: temporal-endpoints
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: control-plane
{{- end }}

{{- /* temporal-endpoints.controlPlaneMetadata: metadata of one of its objects. In: `scope`; `name`; `namespace`, empty for
an object of the whole cluster; `more`, labels of this object alone, if any; `isKept`, if Helm must leave it. */ -}}
{{- define "temporal-endpoints.controlPlaneMetadata" -}}
name: {{ .name | quote }}
{{- with .namespace }}
namespace: {{ . | quote }}
{{- end }}
labels:
  {{- include "temporal-endpoints.labels" (dict "root" .scope.root "scope" .scope "component" "control-plane" "more" .more) | nindent 2 }}
{{- with include "temporal-endpoints.annotations" (dict "scope" .scope "own" list "isKept" .isKept) }}
annotations:
  {{- . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* temporal-endpoints.controlPlaneResources: what its container asks for and may use. In: the scope. */ -}}
{{- define "temporal-endpoints.controlPlaneResources" -}}
{{- $resources := default dict .controlPlane.resources }}
{{- $requests := dict }}
{{- $limits := dict }}
{{- with $resources.cpu }}
{{- $_ := set $requests "cpu" . }}
{{- end }}
{{- with $resources.memory }}
{{- $_ := set $requests "memory" . }}
{{- $_ := set $limits "memory" . }}
{{- end }}
{{- $said := dict }}
{{- with $requests }}
{{- $_ := set $said "requests" . }}
{{- end }}
{{- with $limits }}
{{- $_ := set $said "limits" . }}
{{- end }}
{{- toYaml $said }}
{{- end }}

{{- /* temporal-endpoints.controlPlaneImage: its image, with the tag of this chart unless another one is set. In: the scope. */ -}}
{{- define "temporal-endpoints.controlPlaneImage" -}}
{{- $image := default dict .controlPlane.image }}
{{- $tag := ternary .root.Chart.AppVersion $image.tag (kindIs "invalid" $image.tag) }}
{{- printf "%s:%s" $image.repository $tag | trimSuffix ":" }}
{{- end }}
