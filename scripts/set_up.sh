#!/usr/bin/env bash
# Make .venv from the hash-pinned lock. Nothing but Python and PyPI is needed; afterwards nothing is fetched.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$1

if ! "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; then
    found=$("$python" --version 2>&1 || true)
    echo "Python 3.11 to 3.14 is needed; '$python' is: ${found:-not there}. Name one: make PYTHON=python3.12 ..." >&2
    exit 2
fi
echo "Setting up .venv with $("$python" --version) (once, about a minute) ..." >&2
rm -rf .venv
"$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index \
    --editable distributions/nested-templates --editable distributions/temporal-endpoints \
    --editable distributions/temporal-endpoints-worker --editable .
touch .venv/ready
