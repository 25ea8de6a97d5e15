#!/bin/sh
# The Python that rooms have: makes DIR/NAME, a virtual environment of the system's Python with exactly what
# requirements-room.txt names, and prints its path. Of this project it holds what `tre check` needs: the disclosure
# library and the public catalogue, nothing of the gateway. NAME follows from the lock file, that code and the Python,
# so a second call is instant, and what a running room uses is never changed. What was installed is shared by links
# between environments that differ in our code alone. With `notebook` it holds JupyterLab as well, of which
# requirements-notebook.txt names what it adds.
set -eu
[ $# = 1 ] || [ "$# ${2-}" = "2 notebook" ] || { echo "usage: make_environment.sh DIR [notebook]" >&2; exit 2; }
case $1 in /*) dir=$1 ;; *) dir=$PWD/$1 ;; esac
cd "$(dirname "$0")/../.."
locks="requirements-room.txt${2:+ requirements-$2.txt}"
python=/usr/bin/python3
[ -x "$python" ] || { echo "make_environment.sh: $python is missing; rooms see only /usr (./run setup)" >&2; exit 1; }

ours() { find disclosure workspaces/catalogue workspaces/__init__.py -type f ! -name '*.pyc' | LC_ALL=C sort; }
digest() { sha256sum | cut -c1-32; }

made() { # made STEP PATH: PATH, made by STEP where it is not there yet; another call may be first
    [ -d "$2" ] && return
    umask 022 # rooms run as other users
    mkdir -p "$dir"
    new=$(mktemp -d "$dir/new.XXXXXX")
    trap 'rm -rf "$new"' EXIT
    chmod 755 "$new"
    "$1"
    mv -T "$new" "$2" 2>/dev/null || [ -d "$2" ]
    rm -rf "$new"
}

installed() {
    echo "Installing $locks (hash-pinned) into $base" >&2
    "$python" -m venv "$new"
    # shellcheck disable=SC2046,SC2086  # lists of words
    "$new/bin/python3" -m pip install --quiet --disable-pip-version-check --require-hashes $(printf -- '-r %s ' $locks) >&2
    "$new/bin/python3" -m pip uninstall --quiet --yes setuptools pip >&2
}

with_ours() {
    cp -al "$base/." "$new"
    ours | tar -cf - -T - | tar -xf - -C "$("$new/bin/python3" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
    printf '#!/environment/bin/python3 -I\nfrom disclosure.checks.__main__ import main\nmain()\n' >"$new/bin/tre"
    chmod 755 "$new/bin/tre"
}

# shellcheck disable=SC2086
base=$dir/$({ cat $locks; "$python" --version; } | digest)
ready=$dir/$({ echo "$base"; cat infra/rooms/make_environment.sh; ours | tr '\n' '\0' | xargs -0 cat; } | digest)
made installed "$base"
made with_ours "$ready"
echo "$ready"
