"""How a sender knows a person: the NHS number as it stands there, its status, and gaps in what is recorded."""

from dataclasses import dataclass

import numpy as np

from infra.seeds.draws import Bools, Draws, Floats, Ints
from infra.seeds.numbers import broken
from infra.seeds.people import ETHNIC_CODES, People
from infra.seeds.text import Texts, digits, table

BROKEN_NUMBER = 0.004
_STATUS = table("01", "02", "03", "04", "05", "06")  # UK Core NHSNumberVerificationStatusEngland
_ETHNIC = table(*ETHNIC_CODES, "Z", "99")
_NO_ETHNIC = 0.08


@dataclass(frozen=True)
class Known:
    """Text columns for the people of one sender's rows: number (empty if missing), status, ethnic code, borough."""

    number: Texts
    status: Texts
    ethnic: Texts
    borough: Ints
    sex: Ints


def known(
    draws: Draws, name: str, people: People, person: Ints, copy: Ints | int = 0, *, missing: float, unverified: float
) -> Known:
    """What the sender of this name knows of these people; withheld people are always fully identified.

    `copy` (0 or 1) tells two senders of the same kind apart.
    """
    draw = draws.uniform(f"{name} identity", 16).reshape(-1, 2, 8)[person, copy]
    number = _numbers(people.number[person], draw[:, 0], missing, people.withheld[person])
    doubtful = (draw[:, 1] < unverified) & ~people.withheld[person]
    status = np.where(doubtful, 1 + (draw[:, 2] * 5).astype(np.int64), 0)
    no_ethnic = draw[:, 3] < _NO_ETHNIC
    return Known(
        number=number,
        status=_STATUS[status],
        ethnic=_ETHNIC[np.where(no_ethnic, 16 + (draw[:, 4] < 0.5), people.ethnic[person])],
        borough=np.where(draw[:, 5] < 0.03, (draw[:, 6] * 33).astype(np.int64), people.borough[person]),
        sex=np.where(draw[:, 7] < 0.003, 3, people.sex[person]),
    )


def local(people: People, person: Ints, sender: Ints) -> Texts:
    """The sender's own number for each person: unique there, somebody else's elsewhere."""
    return digits(people.index[person] + 1 + 37 * sender)


def _numbers(number: Ints, draw: Floats, missing: float, withheld: Bools) -> Texts:
    wrong = (draw >= missing) & (draw < missing + BROKEN_NUMBER) & ~withheld
    written = digits(np.where(wrong, broken(number), number)).astype("S10")
    return np.where((draw < missing) & ~withheld, b"", written).astype("S10")
