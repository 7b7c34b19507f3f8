#!/bin/sh
# Builds stock.wasm with componentize-py as its makers mean it to be used: no SDK, no stubs of WASI. It takes the
# environment that `dacapo build --install` keeps for guests in Python.
set -eu
for python in "${XDG_CACHE_HOME:-$HOME/.cache}"/dacapo/toolchains/python-*/bin/python; do
    test -x "$python" && break
done
run='import sys; from componentize_py import script; sys.argv[0] = "componentize-py"; sys.exit(script())'
"$python" -c "$run" -q -d ../../../../wit -d world.wit -w stock:python/roles componentize stock -o stock.wasm
