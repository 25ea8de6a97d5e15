"""Who sends records: trusts and councils of London by their public codes, and invented practices.

How many there are follows from the size of the population alone: at 20,000 people six trusts, two practices
in each borough and all 33 councils; at London's size eighteen trusts and 38 practices in each borough.
"""

from dataclasses import dataclass
from functools import cached_property
from math import sqrt

import numpy as np

from infra.seeds.draws import Floats, Ints
from workspaces.catalogue.places import BOROUGHS, STPS

# Residents in thousands, Census 2021 (Office for National Statistics), in the order of BOROUGHS.
RESIDENTS: Floats = np.array(
    [
        *(8.6, 218.9, 389.3, 246.5, 339.8, 330.0, 210.1, 390.8, 367.1, 330.0, 289.1),
        *(259.2, 183.2, 264.2, 261.2, 262.1, 305.9, 288.2, 216.6, 143.4, 168.1, 317.6),
        *(300.6, 215.2, 351.1, 310.3, 195.3, 307.6, 209.6, 310.3, 278.4, 327.5, 204.2),
    ]
)
STP_OF_BOROUGH: Ints = np.array([STPS.values.index(borough.stp) for borough in BOROUGHS])

TRUSTS = (
    ("RRV", "University College London Hospitals", "QMJ"),
    ("R1H", "Barts Health", "QMF"),
    ("RJ1", "Guy's and St Thomas'", "QKK"),
    ("RYJ", "Imperial College Healthcare", "QRV"),
    ("RJ7", "St George's University Hospitals", "QWE"),
    ("RJZ", "King's College Hospital", "QKK"),
    ("RAL", "Royal Free London", "QMJ"),
    ("RF4", "Barking, Havering and Redbridge University Hospitals", "QMF"),
    ("R1K", "London North West University Healthcare", "QRV"),
    ("RJ6", "Croydon Health Services", "QWE"),
    ("RJ2", "Lewisham and Greenwich", "QKK"),
    ("RAP", "North Middlesex University Hospital", "QMJ"),
    ("RQX", "Homerton Healthcare", "QMF"),
    ("RAX", "Kingston Hospital", "QWE"),
    ("RAS", "The Hillingdon Hospitals", "QRV"),
    ("RKE", "Whittington Health", "QMJ"),
    ("RQM", "Chelsea and Westminster Hospital", "QRV"),
    ("RVR", "Epsom and St Helier University Hospitals", "QWE"),
)
SCREENED_TRUST = "RJZ"  # takes opted-out people out before it sends
UNTRACED_COUNCIL = "E09000001"  # sends numbers that it does not vouch for


@dataclass(frozen=True)
class Organisation:
    """One sender: its code (also the name of its folder), its name, and the place of its borough or partnership."""

    code: str
    name: str
    format: str
    place: int


@dataclass(frozen=True)
class Organisations:
    """Everybody who sends; practices are listed borough by borough, councils in the order of boroughs."""

    trusts: tuple[Organisation, ...]
    practices: tuple[Organisation, ...]
    councils: tuple[Organisation, ...]

    @cached_property
    def practice_span(self) -> tuple[Ints, Ints]:
        """For each borough the first of its practices and how many; all of them where it has none."""
        counts = np.bincount([practice.place for practice in self.practices], minlength=len(BOROUGHS))
        first = np.cumsum(counts) - counts
        return np.where(counts, first, 0), np.where(counts, counts, len(self.practices))

    @cached_property
    def council_of(self) -> Ints:
        """For each borough the place of its council among the senders, or -1."""
        found = np.full(len(BOROUGHS), -1)
        found[[council.place for council in self.councils]] = np.arange(len(self.councils))
        return found

    @cached_property
    def trusts_near(self) -> tuple[Ints, Ints]:
        """For each partnership its trusts (padded) and how many; all trusts where it has none."""
        rows = [[n for n, trust in enumerate(self.trusts) if trust.place == stp] for stp in range(len(STPS.values))]
        rows = [row or list(range(len(self.trusts))) for row in rows]
        width = max(map(len, rows))
        return np.array([row + [0] * (width - len(row)) for row in rows]), np.array([len(row) for row in rows])


def organisations(people: int) -> Organisations:
    """The senders of a population of this size; at least one of each kind."""
    boroughs = _largest(max(1, min(len(BOROUGHS), people // 50)))
    per_borough = max(1, min(38, round(2 * sqrt(people / 20_000))))
    trusts = max(1, min(len(TRUSTS), round(6 * (people / 20_000) ** 0.25)))
    return Organisations(
        trusts=tuple(Organisation(code, name, "fhir", STPS.values.index(stp)) for code, name, stp in TRUSTS[:trusts]),
        practices=tuple(_practice(borough, number) for borough in boroughs for number in range(1, per_borough + 1)),
        councils=tuple(Organisation(BOROUGHS[b].code, f"{BOROUGHS[b].name} council", "cld", b) for b in boroughs),
    )


def _largest(count: int) -> list[int]:
    return sorted(int(b) for b in np.argsort(-RESIDENTS, kind="stable")[:count])


def _practice(borough: int, number: int) -> Organisation:
    # The letter Z begins no code of a real practice.
    return Organisation(
        f"Z{borough + 1:02d}{number:03d}", f"{BOROUGHS[borough].name} practice {number}", "omop", borough
    )
