#!/bin/sh
# Prints where a nats-server is: the one on the path, or Debian's, which is unpacked into the user's cache without being
# installed. That needs no rights, and happens once.
set -eu

if command -v nats-server; then
    exit 0
fi
cache=${XDG_CACHE_HOME:-$HOME/.cache}/dacapo/nats
server=$cache/debian/usr/sbin/nats-server

if [ ! -x "$server" ]; then
    for tool in apt-get dpkg; do
        command -v $tool >/dev/null || {
            echo "nats-server is missing, and so is $tool to get it with; install nats-server and put it on the path" >&2
            exit 1
        }
    done
    mkdir -p "$cache"
    staging=$(mktemp -d "$cache/.staging-XXXXXX")
    trap 'rm -rf "$staging"' EXIT
    (cd "$staging" && apt-get download nats-server >&2 && dpkg -x nats-server_*.deb debian)
    # Whoever was faster has unpacked the same.
    mv -T "$staging/debian" "$cache/debian" 2>/dev/null || [ -x "$server" ]
fi
echo "$server"
