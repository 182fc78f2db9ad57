#!/usr/bin/env bash
# Make .venv and install into it what a lock file names, each by its hash, and netprov itself, editable.
set -euo pipefail
cd "$(dirname "$0")/.."
source .ci/python.sh

lock=$1
pip=(.venv/bin/python -m pip --quiet --disable-pip-version-check --no-input)

if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
    python=$(find_python) || stop "Python 3.11 or newer with its venv module is needed"
    rm -rf .venv
    "$python" -m venv .venv
fi
echo "Installing Python packages from $lock"
"${pip[@]}" install --require-hashes --only-binary :all: -r "$lock"
"${pip[@]}" install --no-deps --no-index --no-build-isolation --editable .
