#!/usr/bin/env bash
# Lints every chart with chart-testing and the project's own pinned helm, yamllint and yamale: scripts/ct.sh PATH_TO_CT
set -euo pipefail

stop() {
  echo "ct.sh: $1" >&2
  exit 2
}

ct=$(command -v -- "${1:-ct}") || stop "there is no chart-testing at '${1:-ct}'; install it and run: scripts/ct.sh PATH_TO_CT"
ct=$(realpath -- "$ct")
cd "$(dirname -- "${BASH_SOURCE[0]}")/.."
[ -x build/tools/helm4 ] || stop "build/tools/helm4 is not built; run: make tools"

# chart-testing calls "helm", whichever that is on PATH; here it must be the pinned one.
path=$(mktemp -d)
trap 'rm -rf -- "$path"' EXIT
ln -s "$PWD/build/tools/helm4" "$path/helm"
export PATH="$path:$PWD/.venv/bin:$PATH"
for tool in yamllint yamale; do
  command -v "$tool" >/dev/null || stop "$tool is not in .venv; install requirements.lock into it"
done
"$ct" lint --config ct.yaml --all "${@:2}"
