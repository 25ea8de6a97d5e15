"""The small privileged process that starts rooms for a gateway that is not root.

It takes plans on a Unix socket from one user only, one JSON document a connection, and answers with the result:
    {"do": "run", "plan": {...}}       -> {"result": {"exit_code", "ended", "seconds"}}
    {"do": "start", "name": "...", "plan": {...}}  -> {"started": true}
    {"do": "status", "name": "..."}    -> {"sitting": null | {"result": null | {...}, "refused": null | {...}}}
    {"do": "wait", "name": "..."}      -> {"result": {...}}
    {"do": "at work"}                  -> {"names": [...]}
    {"do": "stop", "room_key": "..."}  -> {"stopped": true}
    {"do": "promises"}                 -> {"promises": [[name, kept, how], ...]}
    anything refused                   -> {"invalid": {"code", "sentence", "next_step"}}
A run ends when the connection that asked for it closes: nobody would learn its result. What was started by name goes
on, so that a gateway which begins anew asks for its end by that name; it ends with this process.

What it protects against is a gateway that was broken into: the paths of a plan must lie under the roots it was given,
without a symbolic link; nothing runs as root; owners are changed below the roots only, and never through a link.
"""

import argparse
import grp
import json
import logging
import os
import pwd
import signal
import socket
import stat
import struct
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any

from workspaces.catalogue.errors import Invalid
from workspaces.rooms import doors
from workspaces.rooms.base import RoomPlan, Sitting, plan_from_wire
from workspaces.rooms.local import LocalRooms
from workspaces.rooms.users import STATE, Allocation

logger = logging.getLogger(__name__)
GATEWAY_USER = "tre-gateway"
LONGEST_REQUEST = 1 << 18  # bytes
CONNECTIONS = 64
LOOK_SECONDS = 0.5
PATIENCE = 10.0  # seconds for a request to arrive, and for runs to end at shutdown


class Supervisor:
    """Answers the connections of one user."""

    def __init__(
        self, *, rooms: LocalRooms, roots: tuple[Path, ...], uid: int, environments: tuple[Path, ...] = ()
    ) -> None:
        self._rooms = rooms
        self._roots = roots
        self._environments = environments
        self._uid = uid
        self._places = threading.BoundedSemaphore(CONNECTIONS)
        self._closing = False

    def serve(self, listener: socket.socket) -> None:
        """Accept until close() is called from a signal handler or another thread."""
        threads: list[threading.Thread] = []
        listener.settimeout(LOOK_SECONDS)  # a signal that another thread was given interrupts no accept()
        while not self._closing:
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            except OSError:  # closed under us
                break
            threads = [thread for thread in threads if thread.is_alive()]
            threads.append(threading.Thread(target=self._converse, args=(connection,)))
            threads[-1].start()
        ends = time.monotonic() + PATIENCE
        while self._rooms.at_work() and time.monotonic() < ends:
            self._rooms.stop_all()  # again and again: one may just be on its way to its start
            time.sleep(0.02)
        self._rooms.stop_all()
        for thread in threads:
            thread.join(max(ends - time.monotonic(), 0.1))

    def close(self, listener: socket.socket) -> None:
        """Stop accepting, and end all runs."""
        self._closing = True
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)

    def _converse(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            answer = self._answer(connection)
            connection.sendall(json.dumps(answer).encode() + b"\n")

    def _answer(self, connection: socket.socket) -> Mapping[str, Any]:
        if peer_uid(connection) != self._uid:
            return _refusal(Invalid("room:stranger", "Only the gateway's user may ask.", "Ask as that user."))
        if not self._places.acquire(blocking=False):
            return _refusal(Invalid("room:full", f"{CONNECTIONS} requests are open.", "Try again later."))
        try:
            return self._do(_request(connection), connection)
        except Invalid as refusal:
            return _refusal(refusal)
        except Exception:
            logger.exception("a request failed")
            return _refusal(Invalid("room:failed", "The supervisor failed; its log says why.", "Tell the operator."))
        finally:
            self._places.release()

    def _do(self, request: Mapping[str, Any], connection: socket.socket) -> Mapping[str, Any]:
        match request:
            case {"do": "run", "plan": dict(wire)}:
                plan = plan_from_wire(wire)
                self._check_places(plan)
                return {"result": asdict(self._rooms.run(plan, until=connection.fileno()))}
            case {"do": "start", "name": str(name), "plan": dict(wire)}:
                plan = plan_from_wire(wire)
                self._check_places(plan)
                self._rooms.start(name, plan)
                return {"started": True}
            case {"do": "status", "name": str(name)}:
                return {"sitting": _told(self._rooms.status(name))}
            case {"do": "at work"}:
                return {"names": self._rooms.at_work()}
            case {"do": "wait", "name": str(name)}:
                return {"result": asdict(self._rooms.wait(name))}
            case {"do": "stop", "room_key": str(room_key)}:
                return {"stopped": self._rooms.stop(room_key)}
            case {"do": "promises"}:
                return {"promises": [astuple(promise) for promise in self._rooms.promises()]}
        raise Invalid("room:request", "The request is none that the supervisor knows.", "Ask one of its verbs.")

    def _check_places(self, plan: RoomPlan) -> None:
        """Every folder strictly below a root and given by its real path; the driver checks it again when opening.

        An environment may be one that was named outright: nothing is ever changed in it.
        """
        for path in plan.folders:
            apart = self._environments if path is plan.environment else ()
            below = any(root in path.parents for root in apart or self._roots)
            named = path in apart
            if not (below or named) or os.path.realpath(path) != str(path):
                raise Invalid("room:folder", f"{path} is not a real path below a root.", "Keep rooms below the roots.")
        if len(set(plan.folders)) < len(plan.folders):
            raise Invalid("room:same", "Two of the room's folders are the same.", "Give each its own.")


def peer_uid(connection: socket.socket) -> int:
    """Who is at the other end, as the kernel knows it."""
    packed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", packed)[1])


def _request(connection: socket.socket) -> Mapping[str, Any]:
    connection.settimeout(PATIENCE)
    received = b""
    while not received.endswith(b"\n"):
        part = connection.recv(1 << 16)
        received += part
        if not part or len(received) > LONGEST_REQUEST:
            raise Invalid("room:request", "The request is cut off or too long.", "Send one line of JSON.")
    connection.settimeout(None)
    try:
        request = json.loads(received)
    except ValueError:
        raise Invalid("room:request", "The request is not JSON.", "Send one line of JSON.") from None
    if not isinstance(request, dict):
        raise Invalid("room:request", "The request is not a JSON object.", "Send an object.")
    return request


def _refusal(refusal: Invalid) -> Mapping[str, Any]:
    return {"invalid": _words(refusal)}


def _words(refusal: Invalid) -> Mapping[str, str]:
    return {"code": refusal.code, "sentence": refusal.sentence, "next_step": refusal.next_step}


def _told(sitting: Sitting | None) -> Mapping[str, Any] | None:
    if sitting is None:
        return None
    result, refused = sitting.result, sitting.refused
    return {"result": result and asdict(result), "refused": refused and _words(refused)}


def listen(path: Path, *, uid: int, gid: int) -> socket.socket:
    """A socket that only this user can connect to. A dead one in its place is removed, a living one is an error."""
    with suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.lstat().st_mode) and not _answers(path):
            path.unlink()
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(before)
    os.chown(path, uid, gid, follow_symlinks=False)
    listener.listen(CONNECTIONS)
    return listener


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as trial:
        return trial.connect_ex(str(path)) == 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m workspaces.rooms.supervisor", description="Starts rooms as root.")
    parser.add_argument("--socket", type=Path, required=True, help="where the gateway asks")
    parser.add_argument(
        "--roots",
        type=Path,
        nargs="+",
        required=True,
        help="folders below which everything lies",
    )
    parser.add_argument("--environments", type=Path, nargs="+", help="where Python environments lie instead")
    parser.add_argument(
        "--gateway-user", default=None, help=f"who may ask (default {GATEWAY_USER}, else whoever starts)"
    )
    parser.add_argument("--state", type=Path, default=STATE, help="which workspace has which user")
    return parser.parse_args()


def _identity(name: str | None) -> tuple[int, int]:
    if name is None:
        with suppress(KeyError):
            found = pwd.getpwnam(GATEWAY_USER)
            if os.geteuid() == 0:
                return found.pw_uid, found.pw_gid
        return os.geteuid(), os.getegid()
    user = pwd.getpwnam(name)
    return user.pw_uid, grp.getgrgid(user.pw_gid).gr_gid


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    chosen = _arguments()
    os.chdir("/")
    uid, gid = _identity(chosen.gateway_user)
    rooms = LocalRooms(allocation=Allocation(chosen.state), gateway_gid=gid)
    for root in chosen.roots:
        doors.sweep(root.resolve())
    supervisor = Supervisor(
        rooms=rooms,
        roots=tuple(root.resolve() for root in chosen.roots),
        uid=uid,
        environments=tuple(place.resolve() for place in chosen.environments or ()),
    )
    with listen(chosen.socket, uid=uid, gid=gid) as listener:
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: supervisor.close(listener))
        for promise in rooms.promises():
            logger.info("%s: %s (%s)", promise.name, "kept" if promise.kept else "NOT KEPT", promise.how)
        supervisor.serve(listener)
    with suppress(FileNotFoundError):
        chosen.socket.unlink()


if __name__ == "__main__":
    main()
