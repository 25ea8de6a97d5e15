"""Rooms started by this very process. As root each runs as another user; else as the gateway's own, which is weaker."""

import logging
import os
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from workspaces.catalogue.errors import Invalid
from workspaces.rooms import bubblewrap, disk, doors, folders, isolation, limits
from workspaces.rooms.base import Ended, Promise, RoomPlan, RoomResult
from workspaces.rooms.promised import refuse_unkept
from workspaces.rooms.sittings import Sittings
from workspaces.rooms.users import Allocation, RoomUser, Standing
from workspaces.rooms.watching import Watch

logger = logging.getLogger(__name__)
Walls = Callable[[list[bubblewrap.Part]], list[bubblewrap.Part]]


def _all_of_them(walls: list[bubblewrap.Part]) -> list[bubblewrap.Part]:
    return walls


class LocalRooms(Sittings):
    """The driver that starts bubblewrap itself.

    `gateway_gid`: the group that keeps access to workspace folders. `walls` exists for tests that take one away.
    """

    def __init__(
        self,
        *,
        allocation: Allocation | None = None,
        gateway_gid: int | None = None,
        groups: limits.Groups | None = None,
        walls: Walls = _all_of_them,
    ) -> None:
        self._allocation = allocation or Allocation()
        self._gateway_gid = os.getegid() if gateway_gid is None else gateway_gid
        super().__init__()
        self._groups = groups or limits.find_groups()
        self._groups.sweep()
        self._walls = walls
        self._at_work: dict[str, int] = {}  # room key -> event file descriptor that stops it
        self._lock = threading.Lock()
        self._looked_at: set[tuple[str, int, int]] = set()

    def run(self, plan: RoomPlan, *, until: int | None = None) -> RoomResult:
        """See RoomDriver. `until`: a file descriptor that ends the run when it can be read or was closed over there.

        Stays in the calling thread: the kernel ends a room together with the thread that started it.
        """
        if self.starts is not None:
            refuse_unkept(self.promises())
        with self._registered(plan.room_key) as stop, ExitStack() as held:
            user = held.enter_context(self._allocation.lease(plan.room_key))
            open_folders = self._prepare(plan, user, held)
            group = held.enter_context(self._groups.group(plan.limits))
            watch, result = self._watched(plan, user, open_folders, group, (stop,) if until is None else (stop, until))
            if result.ended is Ended.FINISHED and result.exit_code != 0 and group.ran_out_of_memory():
                result = replace(result, ended=Ended.KILLED)
            self._tidy(plan, user, open_folders["workspace"], watch, result)
            return result

    def stop(self, room_key: str) -> bool:
        """See RoomDriver."""
        with self._lock:
            event = self._at_work.get(room_key)
            if event is not None:
                os.eventfd_write(event, 1)
            return event is not None

    def stop_all(self) -> None:
        """End every run."""
        for room_key in list(self._at_work):
            self.stop(room_key)

    def promises(self) -> tuple[Promise, ...]:
        """See RoomDriver."""
        return isolation.promises(self._allocation.users, self._groups, starts=self.starts)

    @cached_property
    def starts(self) -> str | None:
        """None if an empty room can be made on this machine, else the words of what failed."""
        return isolation.why_rooms_do_not_start()

    @contextmanager
    def _registered(self, room_key: str) -> Iterator[int]:
        with self._lock:
            if room_key in self._at_work:
                raise Invalid("room:busy", "A program is running in this room already.", "Wait for it, or stop it.")
            event = self._at_work[room_key] = os.eventfd(0, os.EFD_CLOEXEC)
        try:
            yield event
        finally:
            with self._lock:
                del self._at_work[room_key]
                os.close(event)

    def _prepare(self, plan: RoomPlan, user: RoomUser, held: ExitStack) -> dict[str, int]:
        """The plan's folders, open, free of channels, and with the owners they need."""
        paths = _paths(plan)
        opened = {name: held.enter_context(folders.opened(path)) for name, path in paths.items()}
        try:
            for name, path in paths.items():
                self._prepare_one(name, path, opened[name], user)
        except OSError as problem:
            raise Invalid(
                "room:folder", f"A folder of the room cannot be prepared ({problem.strerror}).", "Ask the operator."
            ) from problem
        return opened

    def _prepare_one(self, name: str, path: Path, folder: int, user: RoomUser) -> None:
        if name == "environment":
            self._look_at_environment(path, folder)
            return
        if name == "door":
            doors.clear(path)  # a room that was here before may have left things in the way
        if name == "workspace":
            folders.remove_channels(folder)  # of a run whose supervisor was killed before it could look
        folders.refuse_channels(folder, path)
        if user.standing is Standing.SAME:
            return
        if name in {"workspace", "door"}:
            self._hand_over(folder, user)
        else:
            folders.lend(folder, uid=user.uid, gid=user.reading_gid)

    def _look_at_environment(self, path: Path, folder: int) -> None:
        """Nothing is changed in it, as it may be the system's: what a room's user may not read there stays closed."""
        about = os.fstat(folder)
        seen = (str(path), about.st_ino, about.st_mtime_ns)
        if seen in self._looked_at or path == Path("/usr"):
            return  # thousands of files that only an operator changes; /usr is in every room
        folders.refuse_channels(folder, path, closed=True)
        self._looked_at.add(seen)

    def _hand_over(self, folder: int, user: RoomUser) -> None:
        rooms = frozenset(each.uid for each in self._allocation.users)
        folders.hand_over(folder, uid=user.uid, gid=self._gateway_gid, rooms=rooms)

    def _watched(
        self, plan: RoomPlan, user: RoomUser, opened: Mapping[str, int], group: limits.Group, stops: tuple[int, ...]
    ) -> tuple[Watch, RoomResult]:
        with ExitStack() as files:
            status, status_end = _pipe(files)
            keep = _Keeper(files)
            stage, sources = self._sources(plan, opened)
            walls = self._walls(bubblewrap.parts(plan, sources, data=keep, filter_program=isolation.filter_program()))
            told = bubblewrap.Part("status", ("--json-status-fd", str(status_end)))
            arguments = keep(bubblewrap.options([*walls, told]))
            command = bubblewrap.chain(
                joins=group.joins,
                stage=stage,
                limits=self._resource_limits(plan, user),
                user=user,
                arguments=arguments,
                command=plan.command,
            )
            passed = (*keep.kept, status_end)
            process = files.enter_context(_popen(command, keep(stage.mounts if stage else b""), passed, user))
            keep.close()
            os.close(status_end)
            watch = Watch(
                process,
                status=status,
                stops=stops,
                seconds=plan.limits.seconds,
                log_bytes=plan.limits.log_kib << 10,
                look=lambda init: self._look(plan, user, opened, init),
            )
            try:
                return watch, watch.to_end()
            finally:
                if plan.door:
                    doors.clear(plan.door)

    def _look(self, plan: RoomPlan, user: RoomUser, opened: Mapping[str, int], init: int | None) -> bool:
        """Open the door when somebody listens at it; answers whether the run is over its disk."""
        if plan.door:
            doors.lead_out(plan.door, opened["door"], uid=user.uid)
        return disk.over(plan.workspace, plan.limits, init=init)

    def _sources(self, plan: RoomPlan, opened: Mapping[str, int]) -> tuple[bubblewrap.Stage | None, bubblewrap.Sources]:
        """Where bubblewrap finds the folders: staged for a user who could not reach them, else where they are."""
        paths = {**_paths(plan), "code": plan.workspace / folders.CODE}
        if not isolation.can_stage():
            return None, bubblewrap.Sources(**{name: str(paths[name]) for name in opened})
        about = {name: os.fstat(folder) for name, folder in opened.items()}
        point = self._allocation.stage
        stage = bubblewrap.Stage(
            point, {name: bubblewrap.Folder(paths[name], f"{it.st_dev}:{it.st_ino}") for name, it in about.items()}
        )
        return stage, bubblewrap.Sources(**{name: str(point / name) for name in opened})

    def _resource_limits(self, plan: RoomPlan, user: RoomUser) -> dict[str, int]:
        own = user.standing is Standing.OWN
        tasks = 0 if own or self._groups.kind != "none" else limits.tasks_of(user.uid)
        return limits.resource_limits(plan.limits, groups=self._groups, own_user=own, tasks_of_user=tasks)

    def _tidy(self, plan: RoomPlan, user: RoomUser, workspace: int, watch: Watch, result: RoomResult) -> None:
        """After the last process: the logs into the workspace, sockets and pipes out of it."""
        if result.ended is Ended.FAILED_TO_START:
            words = watch.stderr.content.decode(errors="replace").strip()
            logger.error("room %s did not start: %s", plan.room_key, words)  # the starter's words, not the program's
            return
        for name, output in (("stdout", watch.stdout), ("stderr", watch.stderr)):
            folders.write_log(workspace, f"{name}.txt", output.log(), uid=user.uid, gid=self._gateway_gid)
        with suppress(Invalid, OSError):  # a workspace spoilt by its own program is refused at the next run
            folders.remove_channels(workspace)
            if user.standing is not Standing.SAME:
                self._hand_over(workspace, user)  # whatever modes the program gave: the gateway reads the results


def _paths(plan: RoomPlan) -> dict[str, Path]:
    """The folders of a plan by the names they have in bubblewrap.Sources."""
    code = plan.workspace / folders.CODE
    whole = {"data": plan.snapshot, "workspace": plan.workspace, "environment": plan.environment}
    return whole | ({"code": code} if code.is_dir() else {}) | ({"door": plan.door} if plan.door else {})


class _Keeper:
    """Bytes behind file descriptors that the next program inherits."""

    def __init__(self, files: ExitStack) -> None:
        self.kept: list[int] = []
        files.callback(self.close)

    def __call__(self, content: bytes) -> int:
        handle = os.memfd_create("room", os.MFD_CLOEXEC)
        self.kept.append(handle)
        os.write(handle, content)
        os.lseek(handle, 0, os.SEEK_SET)
        return handle

    def close(self) -> None:
        """Close them here; the child has its own."""
        while self.kept:
            os.close(self.kept.pop())


def _pipe(files: ExitStack) -> tuple[int, int]:
    """A pipe; the reading end is closed with `files`, the writing end by the caller once it is passed on."""
    reading, writing = os.pipe2(os.O_CLOEXEC)
    files.callback(os.close, reading)
    return reading, writing


@contextmanager
def _popen(
    command: list[str], mounts: int, passed: tuple[int, ...], user: RoomUser
) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(  # noqa: S603
        command,
        stdin=mounts,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=passed,
        env=bubblewrap.STARTING_ENVIRONMENT,
        cwd="/",
        start_new_session=True,  # a key pressed in the gateway's terminal is not for the room
        umask=0o077 if user.standing is Standing.SAME else 0o007,
    )
    with suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PGRP, process.pid, 10)  # the gateway comes first
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
