"""How a project may work with its records: the tiers that a committee grants, one row of data each."""

from dataclasses import dataclass

from gateway.models import Grant
from gateway.models.grant import JOBS


@dataclass(frozen=True)
class Tier:
    """One way of working. `sees_rows` decides the mark of releases (INFORMED) and what is told of a job outside."""

    name: str
    title: str
    meaning: str
    sees_rows: bool
    notebook: bool = False  # JupyterLab in the room, shown in the person's browser
    desktop: bool = False  # a desktop in the room, of which only a picture leaves
    offered: bool = True  # False: described, but no gateway can open it yet


TIERS: dict[str, Tier] = {
    tier.name: tier
    for tier in (
        Tier(
            JOBS,
            "Jobs",
            "Scripts run next to the records; logs and results stay inside. Outside shows only that a job waits, runs"
            " or has ended, and one bit. Releases are marked BLIND. The right choice for nearly everybody.",
            sees_rows=False,
        ),
        Tier(
            "PIXELS",
            "Pixels",
            "A desktop in the room with JupyterLab, of which only a picture leaves, marked with the person's name and"
            " the time: no clipboard, no download. Releases are marked INFORMED.",
            sees_rows=True,
            desktop=True,
        ),
        Tier(
            "NOTEBOOK",
            "Notebook",
            "JupyterLab in the room, shown in the person's own browser. It is not a disclosure boundary: what a cell"
            " prints is on that person's screen. Releases are marked INFORMED. For made-up records, or for projects"
            " whose people may see rows.",
            sees_rows=True,
            notebook=True,
        ),
    )
}

OFFERED = tuple(tier.name for tier in TIERS.values() if tier.offered)  # what an application may ask for
# tiers whose people see no row; a name that is not known is none of them, so that a mark never says too much
BLIND = frozenset(tier.name for tier in TIERS.values() if not tier.sees_rows)


def room_of(tier: Tier) -> str:
    """What people call the room that they may enter: desktop, notebook, or nothing."""
    return "desktop" if tier.desktop else "notebook" if tier.notebook else ""


def tier_of(grant: Grant | None) -> Tier:
    """The tier of a grant; of none, or of one with a name that is not known, the one that shows least."""
    return TIERS.get(grant.tier if grant else JOBS, TIERS[JOBS])
