"""What every statistic says about itself: its plan, what one person can change, and what is released.

Vectors are (cells, coordinates) arrays of int64. Sensitivities are whole numbers for one person added or removed,
over all coordinates of all cells; a person is in at most one cell of the public cross product.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from disclosure.engines.block_plan import BlockPlan
from disclosure.engines.event_plan import Plan
from disclosure.explain import CONFIDENCE, GAUSSIAN, bound, quantile

Integers = NDArray[np.int64]

ADDITIVE = (
    "At least 95 % of such intervals hold the exact figure: what the noise alone can do. Not sampling, not errors in "
    "records."
)
RATIO = (
    "About 95 % of such intervals hold the exact ratio (Fieller's method on the two noisy numbers): what the noise "
    "alone can do. Not sampling, not errors in records."
)


@dataclass(frozen=True)
class Contribution:
    """The most that one person can change the vector: L1, L2² and the largest single coordinate.

    Of scores that points are chosen by, `scores` is the most that one of them changes, added up over the choices that
    the person has a part in.
    """

    l1: int
    l2_squared: int
    largest: int
    scores: int = 0


@dataclass(frozen=True)
class Expected:
    """A 95 % half-width known before the draw, and what it assumes (None: nothing)."""

    half_width: Decimal
    assumes: str | None


class Estimate(NamedTuple):
    """One released number. `low` and `high` are None where no interval is valid; all from noisy numbers only."""

    value: Decimal | int | None
    low: Decimal | int | None
    high: Decimal | int | None
    too_noisy: bool
    drawn: tuple[int, ...]


class Entry(NamedTuple):
    """What tells apart the estimates of one cell: a column, its value as a key, its label."""

    column: str
    value: str
    label: str


Entries = Sequence[tuple[Entry, ...]]
ONE: Entries = ((),)


class Statistic(Protocol):
    """One statistic of a request, bound to columns of a proven view."""

    kind: ClassVar[str]
    covers: ClassVar[str]

    @property
    def plan(self) -> Plan | BlockPlan:
        """What the engine adds up, or what scripts are run for."""
        ...

    @property
    def contribution(self) -> Contribution:
        """The most that one person can change the vector."""
        ...

    @property
    def coordinates(self) -> int:
        """Numbers drawn per cell of the plan."""
        ...

    def vector(self, exact: Integers) -> Integers:
        """The engine's answer, (cells, plan columns), arranged as the vector that is drawn."""
        ...

    def expected(self, scale: Fraction, population: int) -> Expected:
        """The half-width before the draw; `population` is a public figure."""
        ...

    def rows(self, noisy: Integers, scale: Fraction) -> list[list[Estimate]]:
        """Released estimates, one list per cell of the plan (one entry, or one per bin)."""
        ...

    def entries(self) -> Entries:
        """What tells apart the estimates of one cell: no entry for the only one, or e.g. the bin of each."""
        ...

    def about(self) -> dict[str, Any]:
        """Public parameters for the artefact."""
        ...


@runtime_checkable
class Thresholded(Protocol):
    """A statistic whose keys are found in the data: named only above a threshold, at a δ₀ of its own."""

    def threshold(self, scale: Fraction) -> int:
        """Noisy numbers above it are released."""
        ...

    def delta0_e15(self, scale: Fraction) -> int:
        """What that costs beside ρ, in 1e-15."""
        ...

    def placed(self, exact: Integers, noisy: Integers) -> Integers:
        """Noisy numbers of the keys found as (cells, coordinates): 0 where nothing is released."""
        ...


@runtime_checkable
class Selectable(Protocol):
    """A statistic whose points may also be chosen by scores; `method` is what the request says of it, if at all."""

    @property
    def method(self) -> str | None:
        """`counts`, `selection`, or None: whichever is expected to be the better."""
        ...

    def selected(self) -> "Selected":
        """The same, by selection."""
        ...


class Selected(Statistic, Protocol):
    """A statistic whose points are chosen: a number drawn is the place of a point."""

    @property
    def candidates(self) -> int:
        """How many points each is chosen from."""
        ...

    def at(self, scale: Fraction, population: int) -> "Selected":
        """Settled on a scale; `population` is a public figure."""
        ...


def told_together(l2_squared: int) -> int:
    """What the noise floor is a multiple of where several drawn numbers can tell of one count: L2, rounded up.

    However they are combined, an unbiased count varies by scale² / L2² at least (Cramér and Rao).
    """
    return math.isqrt(l2_squared - 1) + 1


def additive(drawn: int, half: int, step: Fraction = Fraction(1), *, signed: bool = False) -> Estimate:
    """A noisy total in steps with its exact interval; `signed` totals may truly lie below zero.

    Too noisy when the noise may be larger than the figure, as it always may be for a count below zero.
    """
    loud = half > (abs(drawn) if signed else drawn)
    low, high = drawn - half, drawn + half
    if step.denominator == step.numerator == 1:
        return Estimate(drawn, low, high, loud, (drawn,))
    return Estimate(exactly(drawn * step), exactly(low * step), exactly(high * step), loud, (drawn,))


def half_width(scale: Fraction, mechanism: str = GAUSSIAN) -> int:
    """The whole 95 % half-width of one drawn number."""
    return bound(scale, mechanism, CONFIDENCE)


def reach(scale: Fraction, mechanism: str = GAUSSIAN) -> float:
    """How far a combination of two drawn numbers reaches, per unit length of its weights, at 95 %.

    The 0.71 is the most that whole-number steps of both can add (½ · √2): the noise is discrete. A combination of
    Gaussians reaches as far as one; one of Laplaces never farther (weights c and s of unit length leave
    (c²·exp(−t/c) − s²·exp(−t/s)) / (c² − s²) beyond t, which is most at c = 1 where t is the 95 % quantile; the more of
    them, the nearer to 2.77 of a Gaussian with their variance, from 3.00 of one alone).
    """
    return quantile(CONFIDENCE, mechanism=mechanism) * float(scale) + 0.71


def deviation(scale: Fraction, mechanism: str = GAUSSIAN) -> float:
    """The deviation of the Gaussian that reaches as far at 95 % as one drawn number's noise.

    For figures worked out by variances. Of Laplace noise it is 1.53 times the scale, where its own is 1.41: so the
    intervals hold also where one drawn number weighs most.
    """
    return quantile(CONFIDENCE, mechanism=mechanism) / quantile(CONFIDENCE) * float(scale)


def people_per_cell(plan: Plan, population: int) -> int:
    """The public population spread evenly over the plan's cells, at least 1."""
    return max(1, population // plan.shape[0])


def decimal(value: float, digits: int, rounding: str = ROUND_HALF_EVEN) -> Decimal:
    """A float as a decimal of so many digits after the point."""
    return Decimal(value).quantize(Decimal(1).scaleb(-digits), rounding=rounding)


@dataclass(frozen=True)
class Range:
    """The values a ratio can have, and the digits after the point to show: more where the interval is narrower yet."""

    low: Fraction
    high: Fraction
    digits: int


def within(possible: Range, *, value: float, low: float, high: float, drawn: tuple[int, ...]) -> Estimate:
    """A ratio with its interval, both cut to the possible range after the interval was computed (P10).

    An interval wholly outside the range means that the noise was unusual: no interval is given then. Too noisy when
    the interval spans more than half the range.
    """
    floor, ceiling = float(possible.low), float(possible.high)
    digits = max(possible.digits, math.ceil(-math.log10((high - low) / 2)) + 1) if high > low else possible.digits
    shown = decimal(min(max(value, floor), ceiling), digits)
    if high < floor or low > ceiling:
        return Estimate(shown, None, None, True, drawn)
    low, high = max(low, floor), min(high, ceiling)
    wide = high - low > (ceiling - floor) / 2
    ends = decimal(low, digits, ROUND_FLOOR), decimal(high, digits, ROUND_CEILING)
    return Estimate(shown, *ends, wide, drawn)


def nothing(drawn: tuple[int, ...]) -> Estimate:
    """A ratio whose denominator may be nobody: no value, no valid interval."""
    return Estimate(None, None, None, True, drawn)


def digits_of(step: Fraction) -> int:
    """Digits after the point that show a step of this size and two more."""
    return max(0, math.ceil(-math.log10(step))) + 2


def exactly(value: Fraction | int) -> Decimal:
    """A whole number, or a fraction with a denominator of twos and fives, as the decimal it is."""
    if isinstance(value, int):
        return Decimal(value)
    return Decimal(value.numerator) / Decimal(value.denominator)
