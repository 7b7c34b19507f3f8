#!/bin/sh
# Installs the packages that one lock file names and prints the folder in which they are.
#
#     install.sh python/requirements.txt | schemathesis/requirements.txt | node/package-lock.json
#
# It happens once: the folder lies in the user's cache under a name made from the lock file and the interpreter, and is
# never changed. It is filled under another name first, so that whoever comes meanwhile finds all of it or nothing.
set -eu

lock=$(realpath "$1")
tool=$(basename "$(dirname "$lock")")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/dacapo/clients

need() {
    command -v "$1" >/dev/null || {
        echo "$1 is missing; the tests with real clients need Python 3.10 with venv, and Node.js 20 with npm" >&2
        exit 1
    }
}

case $lock in
*.txt)
    need python3
    interpreter=$(python3 -c 'import sys; print(sys.version, sys.base_prefix)')
    ;;
*.json)
    need npm
    interpreter=$(node --version)
    ;;
*)
    echo "$1 is no lock file that this script knows" >&2
    exit 2
    ;;
esac
key=$({ cat "$lock"; echo "$interpreter"; } | sha256sum | cut -c 1-16)
target=$cache/$tool-$key

if [ ! -d "$target" ]; then
    mkdir -p "$cache"
    staging=$(mktemp -d "$cache/.$tool-XXXXXX")
    trap 'rm -rf "$staging"' EXIT
    case $lock in
    *.txt)
        python3 -m venv "$staging" >&2
        "$staging/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
            --requirement "$lock" >&2
        ;;
    *.json)
        cp "$lock" "$(dirname "$lock")/package.json" "$staging"
        npm ci --prefix "$staging" --ignore-scripts --no-audit --no-fund --loglevel error >&2
        ;;
    esac
    # Whoever was faster has installed the same.
    mv -T "$staging" "$target" 2>/dev/null || [ -d "$target" ]
fi
echo "$target"
