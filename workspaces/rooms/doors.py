"""How a service in a room is reached from outside: by one socket that it made, under a name that it cannot change.

The room writes in the folder that is bound at /run/room. What connects from outside must not follow what lies there:
a link in place of the socket would lead to any other socket of the machine. So the socket itself gets a second name
beside that folder, out of the room's reach, and only that one is used.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path

from workspaces.catalogue.errors import Invalid
from workspaces.rooms import folders
from workspaces.rooms.bubblewrap import DOOR

NAME = "s"
EVERY_DOOR = "doors/*/inside"  # below a gateway's folder
INSIDE = f"{DOOR}/{NAME}"  # where a service in the room listens


def outside(door: Path) -> Path:
    """The name by which a door's socket is reached."""
    return door.parent / NAME


def clear(door: Path) -> None:
    """Nothing is reached there any more, and nothing lies there."""
    with suppress(Invalid, OSError), folders.opened(door.parent) as parent:
        with suppress(FileNotFoundError):
            os.unlink(NAME, dir_fd=parent)
        with folders.opened(door) as inside:
            folders.empty(inside)


def sweep(root: Path) -> None:
    """Clear every door below a gateway's folder: for who begins anew, and knows that nothing is at work there."""
    for door in root.glob(EVERY_DOOR):
        clear(door)


def lead_out(door: Path, folder: int, *, uid: int) -> bool:
    """Give the room's socket its second name, once it is there; answers whether it has it.

    `folder`: the door's folder, open. `uid`: the room's user; nobody else's socket is let out.
    """
    if outside(door).exists():
        return True
    with suppress(OSError):
        found = os.open(NAME, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        try:
            about = os.fstat(found)
            if stat.S_ISSOCK(about.st_mode) and about.st_uid == uid:
                # with a folder given, as only then Python asks for links to be followed; here it is not looked at
                os.link(f"/proc/self/fd/{found}", outside(door), src_dir_fd=folder, follow_symlinks=True)
                return True
        finally:
            os.close(found)
    return False
