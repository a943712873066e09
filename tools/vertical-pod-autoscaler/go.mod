// Nothing here is compiled: go.sum pins the bytes of the definition that is copied from it. Do not run "go mod tidy", it would drop the requirement.
module temporal-endpoints.invalid/tools/vertical-pod-autoscaler

go 1.26.0

require k8s.io/autoscaler/vertical-pod-autoscaler v1.5.1
