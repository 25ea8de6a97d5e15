"""What a release costs and gives, from the request, its proven view and the grant's terms; never from records.

The ε of a request is turned into ρ once, at the δ of the terms (where δ = 0 it stays ε). A statistic that says which
half-width it wants takes what that costs; the others share equally what is left. Of the mechanisms that a statistic can
be drawn with the cheaper one is taken (see `mechanisms`).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NoReturn

from disclosure.accounting import FEMTO, epsilon_of_rho, rho_of_epsilon
from disclosure.engines.block_plan import BlockPlan
from disclosure.engines.plan import CellPlan
from disclosure.explain import width_sentence
from disclosure.mechanisms import Market, Noise, epsilon_words
from disclosure.person_view import Literal, ProvenView
from disclosure.program_requests import AT_ONCE, Program
from disclosure.requests import ReleaseRequest
from disclosure.requests import Statistic as Asked
from disclosure.statistics.base import Statistic, Thresholded
from disclosure.terms import Terms
from workspaces.catalogue.errors import Invalid

MAX_NUMBERS = 100_000


@dataclass(frozen=True)
class PriceLine:
    """One statistic of a price. `scale` is that of the noise on the drawn numbers; `at_floor` says it was raised.

    `wanted` is the half-width that the request asked for. It is met exactly where `assumes` is None, else as a guide.
    `delta0_e15` is the δ that a `threshold` costs beside ρ.
    """

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
    wanted: Decimal | None = None
    delta0_e15: int = 0
    threshold: int | None = None

    @property
    def sentence(self) -> str:
        """What the line buys, for the price page and the checker."""
        return width_sentence(self.half_width_95, self.unit, self.assumes)


@dataclass(frozen=True)
class Price:
    """What a release costs and gives. `epsilon_micro` is of this release alone at `delta_e15`; ε do not add.

    `delta0_e15` is charged beside ρ: the release is (ε, delta_e15 + delta0_e15)-DP.
    """

    micro_rho: int
    delta0_e15: int
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


def price_of(
    request: ReleaseRequest, terms: Terms, view: ProvenView, statistics: Sequence[Statistic]
) -> tuple[tuple[Statistic, ...], Price]:
    """The bound statistics, settled on their mechanisms, and the price. Raises Invalid: numbers, epsilon, widths."""
    _check_size(statistics)
    noises = _shared(request, terms, statistics)
    micro_rho = sum(noise.micro_rho for noise in noises)
    lines = tuple(_line(*each, terms) for each in zip(noises, request.statistics, strict=True))
    price = Price(
        micro_rho=micro_rho,
        delta0_e15=sum(line.delta0_e15 for line in lines),
        delta_e15=terms.delta_e15,
        epsilon_micro=_epsilon(terms, noises),
        lines=lines,
        deadline_seconds=_deadline(view, statistics, terms),
        memory_mib=_memory(view, terms),
        view_sql=view.sql,
        literals=view.literals,
        notes=view.notes,
    )
    return tuple(noise.statistic for noise in noises), price


def _shared(request: ReleaseRequest, terms: Terms, statistics: Sequence[Statistic]) -> list[Noise]:
    """What each statistic is drawn with: those that want a width first, the others with equal shares of the rest."""
    market = Market(terms.delta_e15 == 0, terms.floor_half_width, terms.public_population)
    wanted = [asked.half_width for asked in request.statistics]
    settled = [
        None if width is None else market.for_width(statistic, width)
        for statistic, width in zip(statistics, wanted, strict=True)
    ]
    taken = [noise for noise in settled if noise]
    left = _offered(request, terms) - sum(noise.charge for noise in taken)
    share = left // max(1, len(settled) - len(taken))
    if taken and (left < 0 or (share == 0 and len(taken) < len(settled))):
        _refuse_widths(terms, taken)
    if share <= 0 and not taken:
        raise Invalid(
            "request:epsilon_small",
            "The epsilon is too small to be shared by this many statistics.",
            "Offer more epsilon, or ask for fewer statistics.",
        )
    return [noise or market.for_charge(statistic, share) for noise, statistic in zip(settled, statistics, strict=True)]


def _offered(request: ReleaseRequest, terms: Terms) -> int:
    """The request's ε in the currency of its terms."""
    micro = request.epsilon_micro
    return rho_of_epsilon(micro, terms.delta_e15) if terms.delta_e15 else micro


def _refuse_widths(terms: Terms, taken: Sequence[Noise]) -> NoReturn:
    raise Invalid(
        "request:half_width_costs",
        f"The half-widths asked for cost epsilon {epsilon_words(_epsilon(terms, taken))} by themselves, which leaves "
        "nothing, or too little, of what the request offers.",
        "Offer more epsilon, or ask for wider intervals or fewer statistics.",
    )


def _epsilon(terms: Terms, noises: Sequence[Noise]) -> int:
    """Micro-ε of these alone, rounded up."""
    if terms.delta_e15 == 0:
        return sum(noise.charge for noise in noises)
    return epsilon_of_rho(sum(noise.micro_rho for noise in noises), terms.delta_e15)


def _line(noise: Noise, asked: Asked, terms: Terms) -> PriceLine:
    statistic = noise.statistic
    keyed = statistic if isinstance(statistic, Thresholded) else None
    return PriceLine(
        statistic=statistic.plan.name,
        kind=statistic.kind,
        mechanism=noise.mechanism,
        scale=noise.scale,
        micro_rho=noise.micro_rho,
        half_width_95=noise.expected.half_width,
        unit=str(statistic.about()["unit"]),
        assumes=noise.expected.assumes,
        cells=statistic.plan.shape[0] * statistic.coordinates,
        at_floor=noise.at_floor,
        note=" ".join(_notes(noise, keyed, terms)) or None,
        wanted=asked.half_width,
        delta0_e15=keyed.delta0_e15(noise.scale) if keyed else 0,
        threshold=keyed.threshold(noise.scale) if keyed else None,
    )


def _notes(noise: Noise, keyed: Thresholded | None, terms: Terms) -> Iterator[str]:
    if noise.at_floor:
        yield _floor_note(terms)
    if keyed:
        yield (
            f"Only codes counted above {keyed.threshold(noise.scale):,} are named, at an extra delta of "
            f"{keyed.delta0_e15(noise.scale) / FEMTO:.1e}."
        )


def _floor_note(terms: Terms) -> str:
    return (
        f"The noise floor applies: counts are blurred by at least ±{terms.floor_half_width} people, so this costs less "
        "than was offered."
    )


def _deadline(view: ProvenView, statistics: Sequence[Statistic], terms: Terms) -> int:
    """Whole seconds from request and public figures alone: reading by table and population, drawing by number."""
    reading = _reads(view, statistics) * (1 + 6 * terms.public_population / 1_000_000)
    drawing = len(statistics) + _numbers(statistics) / 2_000
    running = sum(_runs(statistic.plan.program) for statistic in statistics if isinstance(statistic.plan, BlockPlan))
    return math.ceil(terms.seconds_per_unit * (3 + reading + drawing)) + running


def _runs(program: Program) -> int:
    """Seconds for all blocks of a program, were each to take all the time that is reserved for it."""
    return -(-program.blocks // AT_ONCE) * (1 + program.seconds)


def _reads(view: ProvenView, statistics: Sequence[Statistic]) -> int:
    """How many tables are read; event rows, which are read and cut person by person, and blocks, for three."""
    return len(view.tables) + 3 * sum(not isinstance(statistic.plan, CellPlan) for statistic in statistics)


def _memory(view: ProvenView, terms: Terms) -> int:
    """A memory class in MiB from request and public figures alone."""
    wanted = 1_024 + len(view.tables) * terms.public_population // 4_000
    return next((size for size in (1_024, 2_048, 4_096) if size >= wanted), 8_192)
