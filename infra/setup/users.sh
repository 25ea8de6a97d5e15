#!/bin/sh
# The unprivileged users: tre-gateway for the gateway, tre-room-01 … tre-room-64 for rooms. Safe to run again.
# Takes nothing away: remove them with userdel and groupdel.
set -eu
rooms=64 # as many programs at work at once, notebooks among them

group() { # group NAME
    getent group "$1" >/dev/null || { groupadd --system "$1" && echo "made the group $1"; }
}

user() { # user NAME PURPOSE [more options]: no home, no shell, no password
    name=$1 purpose=$2
    shift 2
    getent passwd "$name" >/dev/null && return
    group "$name"
    useradd --system --gid "$name" --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin \
        --comment "$purpose" "$@" "$name"
    echo "made the user $name ($purpose)"
}

[ "$(id -u)" = 0 ] || { echo "users.sh: only root can make users" >&2; exit 1; }
group tre-rooms # what is lent to a room (its snapshot) is readable by this group and nobody else
user tre-gateway "the gateway"
number=1
while [ "$number" -le "$rooms" ]; do
    user "$(printf 'tre-room-%02d' "$number")" "a room of the gateway" --groups tre-rooms
    number=$((number + 1))
done
