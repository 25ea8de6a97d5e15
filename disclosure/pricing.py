"""What a release costs and gives, from the request, its proven view and the grant's terms; never from records.

The ε of a request is turned into ρ once, at the δ of the terms, and shared equally by its statistics.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from disclosure.accounting import SCALE_STEP, epsilon_of_rho, gaussian_cost, gaussian_scale, rho_of_epsilon
from disclosure.explain import CONFIDENCE, GAUSSIAN, quantile, width_sentence
from disclosure.person_view import Literal, ProvenView
from disclosure.requests import ReleaseRequest
from disclosure.statistics.base import Statistic
from disclosure.terms import Terms
from workspaces.catalogue.errors import Invalid

MAX_NUMBERS = 100_000


@dataclass(frozen=True)
class PriceLine:
    """One statistic of a price. `scale` is that of the noise on the drawn numbers; `at_floor` says it was raised."""

    statistic: str
    kind: str
    mechanism: str
    scale: Fraction
    micro_rho: int
    half_width_95: Decimal | None
    unit: str
    assumes: str | None
    cells: int
    at_floor: bool
    note: str | None

    @property
    def sentence(self) -> str:
        """What the line buys, for the price page and the checker."""
        return width_sentence(self.half_width_95, self.unit, self.assumes)


@dataclass(frozen=True)
class Price:
    """What a release costs and gives. `epsilon_micro` is of this release alone at `delta_e15`; ε do not add."""

    micro_rho: int
    delta_e15: int
    epsilon_micro: int
    lines: tuple[PriceLine, ...]
    deadline_seconds: int
    memory_mib: int
    view_sql: str
    literals: tuple[Literal, ...]
    notes: tuple[str, ...]


def _check_size(statistics: Sequence[Statistic]) -> None:
    if _numbers(statistics) > MAX_NUMBERS:
        raise Invalid(
            "request:cells",
            f"The request would draw more than {MAX_NUMBERS:,} numbers.",
            "Use fewer statistics, keys or bins.",
        )


def _numbers(statistics: Sequence[Statistic]) -> int:
    return sum(statistic.plan.shape[0] * statistic.coordinates for statistic in statistics)


def price_of(request: ReleaseRequest, terms: Terms, view: ProvenView, statistics: Sequence[Statistic]) -> Price:
    """The price of a request whose statistics are bound. Raises Invalid: too many numbers, too little ε."""
    _check_size(statistics)
    share = rho_of_epsilon(request.epsilon_micro, terms.delta_e15) // len(statistics)
    if share == 0:
        raise Invalid(
            "request:epsilon_small",
            "The epsilon is too small to be shared by this many statistics.",
            "Offer more epsilon, or ask for fewer statistics.",
        )
    lines = tuple(_line(statistic, share, terms) for statistic in statistics)
    micro_rho = sum(line.micro_rho for line in lines)
    return Price(
        micro_rho=micro_rho,
        delta_e15=terms.delta_e15,
        epsilon_micro=epsilon_of_rho(micro_rho, terms.delta_e15),
        lines=lines,
        deadline_seconds=_deadline(view, statistics, terms),
        memory_mib=_memory(view, terms),
        view_sql=view.sql,
        literals=view.literals,
        notes=view.notes,
    )


def _line(statistic: Statistic, share: int, terms: Terms) -> PriceLine:
    contribution = statistic.contribution
    wanted = gaussian_scale(l2_squared=contribution.l2_squared, micro_rho=share)
    least = floor_scale(terms.floor_half_width) * contribution.largest
    scale = max(wanted, least)
    expected = statistic.expected(scale, terms.public_population)
    return PriceLine(
        statistic=statistic.plan.name,
        kind=statistic.kind,
        mechanism=GAUSSIAN,
        scale=scale,
        micro_rho=gaussian_cost(l2_squared=contribution.l2_squared, scale=scale),
        half_width_95=expected.half_width,
        unit=str(statistic.about()["unit"]),
        assumes=expected.assumes,
        cells=statistic.plan.shape[0] * statistic.coordinates,
        at_floor=least > wanted,
        note=_floor_note(terms) if least > wanted else None,
    )


def floor_scale(half_width: int) -> Fraction:
    """The least scale at which a 95 % half-width is at least so many people (P8), as a multiple of SCALE_STEP."""
    return math.ceil(half_width / quantile(CONFIDENCE) / float(SCALE_STEP)) * SCALE_STEP


def _floor_note(terms: Terms) -> str:
    return (
        f"The noise floor applies: counts are blurred by at least ±{terms.floor_half_width} people, so this costs less "
        "than was offered."
    )


def _deadline(view: ProvenView, statistics: Sequence[Statistic], terms: Terms) -> int:
    """Whole seconds from request and public figures alone: reading by table and population, drawing by number."""
    reading = len(view.tables) * (1 + 6 * terms.public_population / 1_000_000)
    drawing = len(statistics) + _numbers(statistics) / 2_000
    return math.ceil(terms.seconds_per_unit * (3 + reading + drawing))


def _memory(view: ProvenView, terms: Terms) -> int:
    """A memory class in MiB from request and public figures alone."""
    wanted = 1_024 + len(view.tables) * terms.public_population // 4_000
    return next((size for size in (1_024, 2_048, 4_096) if size >= wanted), 8_192)
