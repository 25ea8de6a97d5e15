"""A request held against its terms: proven, bound, priced, or refused. It reads no record and loads no sampler.

Every refusal of a request comes from here, so it depends on request and terms only (privacy model P5).
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from disclosure.accounting import MICRO
from disclosure.bounds import check_statistics
from disclosure.bounds_derived import check_derived
from disclosure.engines.block_plan import BlockPlan
from disclosure.engines.event_plan import CodePlan, EventPlan
from disclosure.person_view.prove import prove
from disclosure.person_view.schema import ProvenView
from disclosure.pricing import Price, price_of
from disclosure.requests import ReleaseRequest
from disclosure.statistics.base import Statistic
from disclosure.statistics.registry import bind
from disclosure.terms import Terms, schema_of
from workspaces.catalogue.errors import Invalid

MONTH_BITS = 12  # of 200 years


@dataclass(frozen=True)
class Cleared:
    """A request bound to the schema: its proven view, its statistics, its price."""

    view: ProvenView
    statistics: tuple[Statistic, ...]
    price: Price

    @property
    def tables(self) -> frozenset[str]:
        """Every table that is read: by the view, and for event rows."""
        plans = [statistic.plan for statistic in self.statistics]
        return self.view.tables | {plan.events.table for plan in plans if isinstance(plan, EventPlan | CodePlan)}


def price(request: ReleaseRequest, terms: Terms) -> Price:
    """What the request would cost under these terms. Raises Invalid; never touches data."""
    return clear(request, terms).price


def clear(request: ReleaseRequest, terms: Terms) -> Cleared:
    """The request under these terms: what is proven, bound and priced. Raises Invalid; never touches data."""
    _check_epsilon(request, terms)
    view = prove(request.view, schema_of(terms))
    check_statistics(request, view.columns)
    check_derived(request, view.columns)
    statistics = tuple(bind(asked, view.columns, terms) for asked in request.statistics)
    view = _with_programs(_with_events(view, statistics), statistics)
    _check_literals(request, view, terms)
    return Cleared(view, *price_of(request, terms, view, statistics))


def _with_events(view: ProvenView, statistics: tuple[Statistic, ...]) -> ProvenView:
    """The view with what the authors of event rows chose listed beside its own."""
    rows = [statistic.plan.events for statistic in statistics if isinstance(statistic.plan, EventPlan | CodePlan)]
    notes = (*view.notes, *(note for each in rows for note in each.notes))
    literals = (*view.literals, *(literal for each in rows for literal in each.literals))
    return replace(view, literals=literals, notes=tuple(dict.fromkeys(notes)))


def _with_programs(view: ProvenView, statistics: tuple[Statistic, ...]) -> ProvenView:
    """The view with scripts and their bounds listed beside its own literals (P1)."""
    plans = [statistic.plan for statistic in statistics if isinstance(statistic.plan, BlockPlan)]
    chosen = (literal for plan in plans for literal in plan.program.literals(plan.name))
    return replace(view, literals=(*view.literals, *chosen))


def _check_epsilon(request: ReleaseRequest, terms: Terms) -> None:
    if request.epsilon_micro > terms.request_epsilon_micro:
        raise Invalid(
            "request:epsilon_over",
            "The request offers more epsilon than one request of this project may spend.",
            f"Ask for at most {Decimal(terms.request_epsilon_micro) / MICRO}.",
        )


def _check_literals(request: ReleaseRequest, view: ProvenView, terms: Terms) -> None:
    bits = sum(literal.bits for literal in view.literals) + _free_bits(request)
    if terms.literal_bits is not None and bits > terms.literal_bits:
        raise Invalid(
            "request:literals",
            f"The request's own numbers and words carry {bits} bits; an author who has seen rows may use "
            f"{terms.literal_bits}.",
            "Use published code lists and bounds from the catalogue, or fewer values.",
        )


def _free_bits(request: ReleaseRequest) -> int:
    """The bits of the request's numbers that are on no public grid: they stand in it, and could say something too.

    Four of each digit of epsilon, of widths and of quantiles; months, and how many cells or months are meant.
    """
    exact = [Decimal(request.epsilon_micro) / MICRO]
    whole = 0
    for each in request.statistics:
        exact += [*(each.quantiles or ()), *([each.half_width] if each.half_width else ())]
        whole += (each.ahead or 0).bit_length()
        if each.events:
            months = sum(month is not None for month in (each.events.first, each.events.last))
            whole += each.events.at_most.bit_length() + months * MONTH_BITS
    return whole + sum(4 * len(number.normalize().as_tuple().digits) for number in exact)
