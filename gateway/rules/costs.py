"""What a job costs, so that every member sees it and nobody learns from it how the job went (privacy model P13).

Of a job whose authors may see no row the cost is what was set aside for it, from the tick on which it shows as running
to the tick on which it shows as ended: both are told anyway. What it really used is told where its rows may be seen.
"""

from dataclasses import dataclass

from gateway.models import Job
from workspaces.rooms.base import PROCESSORS, Limits

MIB_IN_GIB = 1024
HOUR = 3600


@dataclass(frozen=True)
class Cost:
    """Seconds of wall clock and of processors, memory set aside for how long, and whether it was measured."""

    seconds: float = 0
    cpu_seconds: float = 0
    gib_hours: float = 0
    jobs: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.seconds + other.seconds,
            self.cpu_seconds + other.cpu_seconds,
            self.gib_hours + other.gib_hours,
            self.jobs + other.jobs,
        )


def cost_of(job: Job, *, shown: bool, sees_rows: bool) -> Cost | None:
    """The cost of a job whose end is shown; None before. A job that never showed as running cost nothing."""
    if not shown or job.shown_at is None:
        return None
    seconds = (job.shown_at - job.start_shown_at).total_seconds() if job.start_shown_at else 0.0
    measured = sees_rows and job.seconds is not None and job.cpu_seconds is not None
    wall = float(job.seconds or 0) if measured else max(seconds, 0.0)
    cpu = float(job.cpu_seconds or 0) if measured else wall * PROCESSORS
    return Cost(round(wall, 1), round(cpu, 1), round(wall / HOUR * Limits().memory_mib / MIB_IN_GIB, 4), 1)
