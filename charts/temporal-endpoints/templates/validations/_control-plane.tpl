{{- define "temporal-endpoints.validate.controlPlane" -}}
{{- $scope := .scope }}
{{- $controlPlane := $scope.controlPlane }}
{{- $database := $scope.controlPlaneDatabase }}
{{- if and (not $scope.isIncluded) $controlPlane.enabled }}
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
