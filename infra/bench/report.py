"""One language for all benchmarks: one JSON object, or the same as a table."""

import json
import os
import resource
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

MIB = 1024**2


@dataclass(frozen=True)
class Measure:
    """`group`: bar (a goal), peer or info. `ratio` is ours / reference, `goal` the most it may be, if any."""

    group: str
    what: str
    ours_s: float
    reference: str
    reference_s: float
    ratio: float
    goal: float | None

    @property
    def met(self) -> bool:
        """True when there is no goal or the ratio is within it."""
        return self.goal is None or self.ratio <= self.goal


def measure(group: str, what: str, ours: float, reference: str, other: float, goal: float | None = None) -> Measure:
    """A measure of two times in seconds, or of two sizes."""
    return Measure(group, what, round(ours, 4), reference, round(other, 4), round(ours / other, 3), goal)


def peak_mib() -> float:
    """The most memory of this process since it began; `getrusage` would count the one that started it."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def as_json(name: str, size: dict[str, int], measures: Sequence[Measure]) -> str:
    """The whole run as one object."""
    about = {
        "name": name,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1024**3, 1),
        "load": round(os.getloadavg()[0], 2),
        "size": size,
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    return json.dumps({**about, "measures": [asdict(each) for each in measures]}, indent=1)


def as_table(measures: Sequence[Measure]) -> str:
    """A line for each measure."""
    return "\n".join(
        f"{each.group:5} {each.what[:52]:52} {each.ours_s:9.3f} {each.reference[:34]:34} {each.reference_s:9.3f} "
        f"{each.ratio:6.2f}{'' if each.goal is None else f' (goal {each.goal:g})':14}{'' if each.met else 'MISSED'}"
        for each in measures
    )
