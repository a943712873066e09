{{- define "temporal-endpoints.validate.controlPlane" -}}
{{- $scope := .scope }}
{{- $controlPlane := $scope.controlPlane }}
{{- $database := $scope.controlPlaneDatabase }}
{{- if and (not $scope.isIncluded) $controlPlane.enabled }}
{{- include "temporal-endpoints.validate.extraArgs" . }}
{{- if not (default dict $controlPlane.image).repository }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" "controlPlane.enabled installs the control plane, but controlPlane.image.repository names no image. Build the repository's Dockerfile and push it to a registry of yours." "set" "temporal:\n  controlPlane:\n    image:\n      repository: registry.example.com/temporal-endpoints") }}
{{- end }}
{{- if not (or $scope.controlPlaneAuthentication.keysSecretName $scope.controlPlaneAuthentication.tokenReview) }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" "The control plane would be reachable by every pod of the cluster, and nobody would be asked who they are." "set" "temporal:\n  controlPlane:\n    authentication:\n      keysSecretName: temporal-endpoints-keys    # or tokenReview: true") }}
{{- end }}
{{- if and (gt (default 1 $controlPlane.replicas | int) 1) (not $database.secretName) }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" (printf "controlPlane.replicas is %d, but SQLite keeps the records in a file that one pod alone can write." (int $controlPlane.replicas)) "set" "temporal:\n  controlPlane:\n    replicas: 1    # or, for more, PostgreSQL: database.secretName") }}
{{- end }}
{{- if and $database.secretName $database.existingClaim }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" "controlPlane.database.secretName puts the records into PostgreSQL, so nothing would use the volume of controlPlane.database.existingClaim." "set" "temporal:\n  controlPlane:\n    database:\n      existingClaim: null") }}
{{- end }}
{{- if and $controlPlane.holdDrains (not $scope.connection.address) }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" "controlPlane.holdDrains needs to see what workers run, so the control plane must know where the Temporal frontend is." "set" "temporal:\n  connection:\n    address: temporal-frontend.temporal:7233") }}
{{- end }}
{{- if and $scope.isKeda (eq $scope.connection.addressFrom "argument") (not $scope.connection.address) }}
{{- include "temporal-endpoints.problem" (dict "found" . "what" "With connection.addressFrom: argument the control plane fills in where the Temporal frontend is, so it must know that." "set" "temporal:\n  connection:\n    address: temporal-frontend.temporal:7233") }}
{{- end }}
{{- end }}
{{- end }}

{{- /*
What `temporal-endpoints serve` takes beside what the chart tells it; tests/chart/test_extra_arguments.py compares both with its
settings. Only names are told: a value may be a secret that somebody put there.
*/ -}}
{{- define "temporal-endpoints.validate.extraArgs" -}}
{{- $found := . }}
{{- $theCharts := dict "host" "" "templates" "" "kubeconfig" "" "context" "" "namespace" "config.values.launch.endpoint_namespace" "port" "temporal.controlPlane.port" "log-level" "temporal.controlPlane.logLevel" "database" "temporal.controlPlane.database.secretName" "keys" "temporal.controlPlane.authentication.keysSecretName" "token-review" "temporal.controlPlane.authentication.tokenReview" "hold-drains" "temporal.controlPlane.holdDrains" "temporal-address" "temporal.connection.address" "temporal-namespace" "temporal.connection.namespace" "scaler-token" "temporal.keda.busyWorkers.tokenSecretName" }}
{{- $texts := list "aws-profile" "default-priority" "git-tag" "high-priority" "infra-config-path" }}
{{- $numbers := dict "lease" (list 11 3600) "observe" (list 0 3600) "workers" (list 1 256) }}
{{- $flags := list "hold-nodes" "migrate" }}
{{- $seen := list }}
{{- $kept := list }}
{{- $problems := list }}
{{- range default list .scope.controlPlane.extraArgs }}
{{- $option := regexReplaceAll "=.*" . "" }}
{{- $name := trimPrefix "--" $option }}
{{- $positive := trimPrefix "no-" $name }}
{{- $value := trimPrefix $option . | trimPrefix "=" }}
{{- $bounds := index $numbers $name }}
{{- $fault := "" }}
{{- if has $positive $seen }}
{{- $fault = "which is there twice" }}
{{- else if hasKey $theCharts $positive }}
{{- $fault = index $theCharts $positive | default "no value" | printf "which the chart sets itself, by %s" }}
{{- else if has $positive $flags }}
{{- if $value }}
{{- $fault = printf "which takes no value: write --%s or --no-%s" $positive $positive }}
{{- end }}
{{- else if $bounds }}
{{- $number := ternary $value "-1" (regexMatch "^[0-9]{1,4}$" $value) | int }}
{{- if or (lt $number (first $bounds)) (gt $number (last $bounds)) }}
{{- $fault = printf "which needs a whole number from %d to %d behind =" (first $bounds) (last $bounds) }}
{{- end }}
{{- else if has $name $texts }}
{{- if not $value }}
{{- $fault = "which needs its value behind =" }}
{{- end }}
{{- else }}
{{- $fault = printf "which `temporal-endpoints serve` does not know; what it takes here is --%s" (concat $texts (keys $numbers) $flags | sortAlpha | join ", --") }}
{{- end }}
{{- $seen = append $seen $positive }}
{{- if $fault }}
{{- $problems = append $problems (printf "temporal.controlPlane.extraArgs has %s, %s." $option $fault) }}
{{- else }}
{{- $kept = append $kept . }}
{{- end }}
{{- end }}
{{- range $problems }}
{{- include "temporal-endpoints.wrong" (dict "found" $found "what" . "at" (list "temporal" "controlPlane" "extraArgs") "new" $kept) }}
{{- end }}
{{- end }}
