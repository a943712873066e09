#!/usr/bin/env bash
# What `helm nested` runs: the tool in the plugin's own environment, set up on first use, in the caller's folder.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd -P)
[ -e "$here/.venv/ready" ] || "$here/scripts/set_up.sh" "${PYTHON:-python3}"
exec "$here/.venv/bin/helm-nested" "$@"
