#!/bin/sh
# The Python that rooms have: makes DIR/NAME, a virtual environment of the system's Python with exactly what
# requirements-room.txt names and nothing of the gateway, and prints its path. NAME follows from the lock file and the
# Python, so a second call is instant, and what a running room uses is never changed.
set -eu
[ $# = 1 ] || { echo "usage: make_environment.sh DIR" >&2; exit 2; }
case $1 in /*) dir=$1 ;; *) dir=$PWD/$1 ;; esac
cd "$(dirname "$0")/../.."
lock=requirements-room.txt
python=/usr/bin/python3
[ -x "$python" ] || { echo "make_environment.sh: $python is missing; rooms see only /usr (./run setup)" >&2; exit 1; }
ready=$dir/$({ cat "$lock"; "$python" --version; } | sha256sum | cut -c1-32)
[ -d "$ready" ] || {
    echo "Installing $lock (hash-pinned) into $ready" >&2
    umask 022 # rooms run as other users
    mkdir -p "$dir"
    new=$(mktemp -d "$dir/new.XXXXXX")
    trap 'rm -rf "$new"' EXIT
    chmod 755 "$new"
    "$python" -m venv "$new"
    "$new/bin/python3" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock" >&2
    "$new/bin/python3" -m pip uninstall --quiet --yes setuptools pip >&2
    mv -T "$new" "$ready" 2>/dev/null || [ -d "$ready" ] # another call may have been first
}
echo "$ready"
