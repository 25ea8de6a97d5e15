"""Who lives in the synthetic London: place, age, sex, ethnic category, senders that know them, and flags."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from infra.seeds.draws import Bools, Draws, Floats, Ints, choose
from infra.seeds.numbers import nhs_numbers
from infra.seeds.opt_outs import WITHDRAWN, national_rate, type_1_rate
from infra.seeds.organisations import RESIDENTS, SCREENED_TRUST, STP_OF_BOROUGH, Organisations
from infra.seeds.text import NO_DAY, day
from workspaces.catalogue.places import BOROUGHS

EXTRACT = date(2026, 6, 30)
TODAY = day(EXTRACT)
YEARS = 10
WINDOW = TODAY - 365 * YEARS
WOMEN = 0.508
NEVER = NO_DAY

# London residents by five-year age band, percent, rounded (Census 2021); the last band is 90 and over.
_BANDS: Floats = np.array(
    [6.0, 6.1, 6.2, 5.7, 7.0, 9.1, 9.5, 8.8, 7.7, 6.8, 6.4, 5.8, 4.7, 3.6, 2.9, 1.9, 1.3, 0.8, 0.5]
)
DECADES: Floats = np.append(_BANDS[:18].reshape(9, 2).sum(axis=1), _BANDS[18]) / _BANDS.sum()

# England ethnic categories with London's shares in percent, rounded (Census 2021).
ETHNIC_CODES = "ABCDEFGHJKLMNPRS"
_ETHNIC: Floats = np.array([36.8, 1.8, 15.2, 1.5, 0.9, 1.4, 1.9, 7.5, 3.3, 3.7, 4.6, 3.9, 7.9, 1.7, 1.7, 6.3])
_DEATH: Floats = np.array([2, 1, 3, 5, 10, 25, 60, 160, 400, 700]) / 1000  # within ten years, by decade of age


@dataclass(frozen=True)
class Type1:
    """GP opt-out codes: the day of the code, of its withdrawal and of a renewal; NEVER where there is none."""

    opted: Ints
    withdrawn: Ints
    renewed: Ints


@dataclass(frozen=True)
class People:
    """One chunk of people, arrays of equal length. Days count from 1970; `trusts` has two columns, -1 is none.

    `sex`: 0 female, 1 male, 2 other. `ethnic` indexes ETHNIC_CODES. `borough` and `stp` index the catalogue's lists.
    """

    index: Ints
    number: Ints
    birth: Ints
    death: Ints
    sex: Ints
    ethnic: Ints
    borough: Ints
    stp: Ints
    decile: Ints
    practice: Ints
    trusts: Ints
    council: Ints
    withheld: Bools
    national: Bools
    type_1: Type1

    @property
    def age(self) -> Floats:
        """Age in years at the extract."""
        return (TODAY - self.birth) / 365.25

    @property
    def decade(self) -> Ints:
        """Decade of age at the extract, 0 … 9 (90 and over)."""
        return np.minimum(self.age // 10, 9).astype(np.int64)

    def alive(self, person: Ints, days: Ints) -> Bools:
        """True where the day lies in the life of the person and not after the extract."""
        return (days >= self.birth[person]) & (days <= np.minimum(self.death[person], TODAY))


def make_people(draws: Draws, *, people: int, senders: Organisations) -> People:
    """The people of one chunk."""
    index = np.arange(draws.start, draws.start + draws.people)
    borough = choose(draws.one("borough"), RESIDENTS)
    birth, sex = _birth(draws), _sex(draws)
    decade = np.minimum((TODAY - birth) / 365.25 // 10, 9).astype(np.int64)
    stp = STP_OF_BOROUGH[borough]
    rate = national_rate(decade=decade, female=sex == 0, stp=stp, decade_shares=DECADES, women=WOMEN)
    national = draws.one("national opt-out") < rate
    withheld = draws.one("withheld") < 0.002
    death = _death(draws, decade)
    return People(
        index=index,
        number=nhs_numbers(index, people=people, seed=draws.seed),
        birth=birth,
        death=np.where(death < birth, NEVER, death),
        sex=sex,
        ethnic=choose(draws.one("ethnic"), _ETHNIC),
        borough=borough,
        stp=stp,
        decile=np.array([place.imd_decile for place in BOROUGHS])[borough],
        practice=_practice(draws, borough, senders),
        trusts=_trusts(draws, decade=decade, stp=stp, withheld=withheld, national=national, senders=senders),
        council=_council(draws, decade=decade, borough=borough, senders=senders),
        withheld=withheld,
        national=national,
        type_1=_type_1(draws, national, birth),
    )


def _birth(draws: Draws) -> Ints:
    within = draws.uniform("age", 2)
    band = choose(within[:, 0], _BANDS)
    years = np.where(band == 18, 14.0, 5.0) * within[:, 1]
    return TODAY - ((band * 5 + years) * 365.25).astype(np.int64)


def _sex(draws: Draws) -> Ints:
    return choose(draws.one("sex"), np.array([WOMEN, 1 - WOMEN - 0.001, 0.001]))


def _death(draws: Draws, decade: Ints) -> Ints:
    draw = draws.uniform("death", 2)
    return np.where(draw[:, 0] < _DEATH[decade], TODAY - (draw[:, 1] * (TODAY - WINDOW)).astype(np.int64), NEVER)


def _practice(draws: Draws, borough: Ints, senders: Organisations) -> Ints:
    first, count = senders.practice_span
    return first[borough] + (draws.one("practice") * count[borough]).astype(np.int64)


def _trusts(draws: Draws, *, decade: Ints, stp: Ints, withheld: Bools, national: Bools, senders: Organisations) -> Ints:
    """A near trust for most who have one at all, sometimes a second one anywhere; withheld people have one."""
    draw = draws.uniform("trusts", 4)
    near, count = senders.trusts_near
    first = near[stp, (draw[:, 0] * count[stp]).astype(np.int64)]
    second = (draw[:, 1] * len(senders.trusts)).astype(np.int64)
    first = np.where((draw[:, 2] < 0.25 + 0.06 * decade) | withheld, first, -1)
    second = np.where((draw[:, 3] < 0.15) & (first >= 0) & (second != first), second, -1)
    both = np.stack([first, second], axis=1)
    screened = [n for n, trust in enumerate(senders.trusts) if trust.code == SCREENED_TRUST]
    return np.where(np.isin(both, screened) & national[:, None], -1, both)


def _council(draws: Draws, *, decade: Ints, borough: Ints, senders: Organisations) -> Ints:
    chance = np.array([0, 0.01, 0.02, 0.02, 0.025, 0.03, 0.06, 0.14, 0.30, 0.45])[decade]
    return np.where(draws.one("council") < chance, senders.council_of[borough], -1)


def _type_1(draws: Draws, national: Bools, birth: Ints) -> Type1:
    """Codes since 2014 or birth; of those withdrawn some say so on the very day, and some opt out once more."""
    draw = draws.uniform("type 1", 5)
    start = np.maximum(day(date(2014, 1, 1)), birth)
    opted = start + (draw[:, 1] * (TODAY - start)).astype(np.int64)
    has = draw[:, 0] < type_1_rate(national)
    later = opted + np.where(draw[:, 4] < 0.05, 0, 1 + draw[:, 3] * (TODAY - opted)).astype(np.int64)
    withdrawn = has & (draw[:, 2] < WITHDRAWN) & (later <= TODAY)
    again = withdrawn & (draw[:, 4] > 0.9) & (later + 30 <= TODAY)
    return Type1(
        opted=np.where(has, opted, NEVER),
        withdrawn=np.where(withdrawn, later, NEVER),
        renewed=np.where(again, later + 30, NEVER),
    )
