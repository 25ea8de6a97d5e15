#!/bin/sh
# The NHS's own mesh-sandbox in .venv-mesh, a virtual environment of its own with exactly what requirements-mesh.txt
# names: its pins are not ours, and nothing of ours needs it but the demonstration and tests. A second call is instant.
set -eu
cd "$(dirname "$0")/../.."
lock=requirements-mesh.txt place=.venv-mesh
cmp -s "$lock" "$place/installed" && exit
python=/usr/bin/python3
[ -x "$python" ] || python=python3
echo "Installing $lock (hash-pinned) into $place" >&2
rm -rf "$place"
"$python" -m venv "$place"
"$place/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$lock"
cp "$lock" "$place/installed"
