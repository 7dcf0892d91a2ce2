#!/usr/bin/env bash
# For maintainers: writes the hash-pinned, universal locks (Linux, macOS, Windows; Python 3.11 to 3.13).
#   build.txt    what builds this project and the few dependencies without a wheel
#   serving.txt  extra serving
#   run.txt      extras serving and training
#   test.txt     run.txt and the dev group
# The largest is resolved first and binds the others, so that all agree. Needs uv; users never do.
# Versions stay as they are unless asked for: scripts/lock.sh --upgrade
set -euo pipefail
cd "$(dirname "$0")/.."

lock() {
    local out="requirements/$1.txt"
    shift
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
        --output-file "$out" "$@" >/dev/null
    echo "$out: $(grep -c '==' "$out")"
}

lock test pyproject.toml --extra serving --extra training --group dev "$@"
lock run pyproject.toml --extra serving --extra training --constraint requirements/test.txt
lock serving pyproject.toml --extra serving --constraint requirements/test.txt
lock build --group build --constraint requirements/test.txt
