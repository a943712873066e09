// Nothing here is compiled: go.sum pins the bytes that scripts/keda_schemas.py reads. Do not run "go mod tidy", it would drop the requirement.
module temporal-endpoints.invalid/tools/keda-2.20

go 1.26

require github.com/kedacore/keda/v2 v2.20.2
