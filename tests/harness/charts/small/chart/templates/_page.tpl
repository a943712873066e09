{{- define "previews.page" -}}
apiVersion: v1
kind: Pod
metadata:
  name: "page-${NAME}"
  labels:
    ${LABEL}
  annotations:
    cost: "$$ ${PRIORITY}"
spec:
  containers:
    - name: page
      image: "{{ required "set image, for example: image: registry.example.com/preview" .Values.image }}:$TAG"
      env: ${ENVIRONMENT}
      resources:
        requests:
          {{- toYaml .Values.size | nindent 10 }}
{{- end }}
