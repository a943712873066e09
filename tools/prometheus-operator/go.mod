// Nothing here is compiled: go.sum pins the bytes that scripts/resource_definitions.py reads. Do not run "go mod tidy", it would drop the requirement.
module temporal-endpoints.invalid/tools/prometheus-operator

go 1.26

require github.com/prometheus-operator/prometheus-operator v0.85.0
