"""A script run once for each block of people: each a room of its own, with nothing of any other block (P12).

A block has reserved for it processor time, memory, bytes and processes; only `LANES` run side by side, so that each has
a processor. What it says is the last line that it prints. A block that fails says nothing, and so does one that stands
still for WATCHDOG times its processor time, or that was stopped: provided that the machine runs a script of ours in
the same room at once afterwards. If it does not, the machine is at fault and not the script: then all is given up, or
else what a block says could depend on what others do.
"""

import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from workspaces.catalogue.errors import Invalid
from workspaces.rooms.base import Ended, Limits, RoomDriver, RoomPlan, RoomResult
from workspaces.rooms.folders import read_log
from workspaces.scratch import scratch_folder

LANES = 2
WATCHDOG = 10  # times the processor time, by the clock on the wall
SCRIPT = "script.py"
COMMAND = ("python3", "-I", f"/workspace/code/{SCRIPT}")
WELL = ("python3", "-I", "-c", "pass")  # what a machine that is well does within a second's watchdog
DISK_MIB = 32
LOG_KIB = 64
PATIENCE, PAUSE = 300.0, 0.5  # seconds that a block waits for a user of rooms, and between two looks
RESERVE = 1 << 30  # bytes that are free before a block starts: no block can use up what another needs
Fill = Callable[[Sequence[Path]], None]


class Starved(Exception):
    """The machine could not give the blocks what was reserved for them. It says nothing about any block."""


@dataclass(frozen=True)
class Blocks:
    """Chambers of one draw: rooms of `rooms` with `environment`, in folders made below `place` and gone afterwards."""

    rooms: RoomDriver
    place: Path
    environment: Path

    def __call__(
        self, *, script: str, blocks: int, seconds: int, memory_mib: int, fill: Fill
    ) -> Sequence[bytes | None]:
        """For each block the last line that the script printed; None where it failed. Raises Starved, OSError, Invalid.

        `seconds` of processor time; `fill` is given one empty folder for each block, which its room reads as /data.
        """
        self.place.mkdir(mode=0o700, parents=True, exist_ok=True)
        with scratch_folder(self.place) as whole:
            data = [whole / f"data-{number}" for number in range(blocks)]
            for folder in data:
                folder.mkdir(mode=0o750)
            fill(data)
            limits = _limits(seconds, memory_mib)
            with ThreadPoolExecutor(max_workers=LANES) as lanes:
                return list(lanes.map(lambda each: self._said(whole, each, script, limits), data))

    def _said(self, whole: Path, data: Path, script: str, limits: Limits) -> bytes | None:
        """One block from an empty folder to its answer. In this thread: the kernel ends a room with its starter."""
        if shutil.disk_usage(whole).free < RESERVE:
            raise Starved
        own = whole / data.name.replace("data", "room")
        (own / "code").mkdir(mode=0o750, parents=True)
        (own / "code" / SCRIPT).write_text(script, encoding="utf-8")
        plan = RoomPlan(
            room_key=_key(data),
            snapshot=data,
            workspace=own,
            environment=self.environment,
            command=COMMAND,
            limits=limits,
        )
        ended = self._run(plan)
        said = _last_line(own)
        shutil.rmtree(data, ignore_errors=True)
        shutil.rmtree(own, ignore_errors=True)
        return said if self._is_its_own(plan, ended) else None

    def _is_its_own(self, plan: RoomPlan, result: RoomResult) -> bool:
        """True for a script that ended well, False for one that failed by itself; raises Starved for anything else."""
        if result.ended is Ended.FINISHED:
            return result.exit_code == 0
        fresh = plan.workspace.with_name(f"well-{plan.workspace.name}")
        fresh.mkdir(mode=0o750)
        limits = replace(plan.limits, seconds=WATCHDOG, cpu_seconds=1)
        probe = replace(plan, command=WELL, snapshot=fresh, workspace=fresh, limits=limits)
        well = result.ended is not Ended.FAILED_TO_START and self._run(probe).exit_code == 0
        if not well or shutil.disk_usage(fresh).free < RESERVE // 2:
            raise Starved
        return False

    def _run(self, plan: RoomPlan) -> RoomResult:
        """Its end; where all users of rooms are at work it waits for one."""
        for _ in range(round(PATIENCE / PAUSE)):
            try:
                return self.rooms.run(plan)
            except Invalid as why:
                if why.code != "room:full":
                    raise
            time.sleep(PAUSE)
        raise Starved


def _key(data: Path) -> str:
    """A room's key: letters and digits of the draw's own folder, and the block's number."""
    whole = "".join(sign for sign in data.parent.name.lower() if sign.isascii() and sign.isalnum())
    return f"{whole}-{data.name.removeprefix('data-')}"


def _limits(seconds: int, memory_mib: int) -> Limits:
    return Limits(
        memory_mib=memory_mib,
        processes=16,
        seconds=WATCHDOG * seconds,
        cpu_seconds=seconds,
        disk_mib=DISK_MIB,
        files=500,
        file_mib=DISK_MIB // 2,
        log_kib=LOG_KIB,
        tmp_mib=64,
        open_files=256,
    )


def _last_line(own: Path) -> bytes:
    lines = read_log(own, "stdout.txt", most=(LOG_KIB + 1) << 10).strip().splitlines()
    return lines[-1] if lines else b""
