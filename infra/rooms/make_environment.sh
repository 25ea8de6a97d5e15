#!/bin/sh
# The Python that rooms have: DIR becomes a virtual environment of the system's Python with exactly what
# requirements-room.txt names, and nothing of the gateway. A second call with the same lock file is instant.
set -eu
[ $# = 1 ] || { echo "usage: make_environment.sh DIR" >&2; exit 2; }
case $1 in /*) dir=$1 ;; *) dir=$PWD/$1 ;; esac
cd "$(dirname "$0")/../.."
lock=requirements-room.txt
python=/usr/bin/python3
[ -x "$python" ] || { echo "make_environment.sh: $python is missing; rooms see only /usr (./run setup)" >&2; exit 1; }
stamp=made-from.$({ cat "$lock"; "$python" --version; } | sha256sum | cut -c1-32)
[ -e "$dir/$stamp" ] && exit 0

echo "Installing $lock (hash-pinned) into $dir" >&2
new=$dir.new
rm -rf "$new"
umask 022 # rooms run as other users
"$python" -m venv "$new"
"$new/bin/python3" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
"$new/bin/python3" -m pip uninstall --quiet --yes setuptools pip
touch "$new/$stamp"
rm -rf "$dir"
mv "$new" "$dir"
