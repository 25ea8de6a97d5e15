#!/bin/sh
# ./run setup: installs the Debian packages that are missing, says why each is needed, makes the users of rooms.
set -eu
here=$(dirname "$0")
missing=""

need() { # need PACKAGE WHY...
    package=$1
    shift
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "ok installed" && return
    echo "  $package: $*"
    missing="$missing $package"
}

echo "Debian packages:"
need python3-venv "makes the isolated Python environments"
need bubblewrap "the sandbox that rooms are made of"
need libseccomp2 "the system-call filter of rooms"
need postgresql "the database tests on PostgreSQL (./run check)"
need nginx-light "stands before the gateway in production, and in tests of smuggled requests (./run check)"
need chromium "the browser of desktops; browser and accessibility tests (./run check)"
need tigervnc-standalone-server "draws the desktops of workspaces"
need websockify "carries the picture of a desktop"
need novnc "shows the picture of a desktop in a person's browser"
need openbox "the windows of desktops"
need openjdk-17-jre-headless "the Spark engine, an extra, and its tests (./run check)"
[ -n "$missing" ] || echo "  nothing is missing"

sandbox() { # the national message service's own sandbox: without it the demonstration uses folders
    sh "$here/../national/make_environment.sh" || echo "mesh-sandbox could not be installed; its tests will fail"
}

if [ "$(id -u)" != 0 ]; then
    [ -z "$missing" ] || echo "Ask an administrator for: apt-get install$missing"
    echo "Not root: rooms will run as $(id -un), and the demo says what is weaker."
    sandbox
    exit 0
fi
if [ -n "$missing" ]; then
    apt-get update -qq
    # shellcheck disable=SC2086  # a list of words
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi
[ ! -f "$here/users.sh" ] || sh "$here/users.sh"
sandbox
