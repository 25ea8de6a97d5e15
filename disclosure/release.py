"""The two public verbs: `price` looks at the request and the grant, `draw` looks at the records once.

Refusals come from `price` alone, so they depend on request and terms only (privacy model P5). In `draw` the exact
numbers live in local variables of one function; what goes wrong there is reported without cause, text or values.
"""

from dataclasses import dataclass
from decimal import Decimal

from disclosure import noise
from disclosure.accounting import MICRO
from disclosure.artefact import Artefact, describe
from disclosure.bounds import check_statistics
from disclosure.engines.embedded import aggregate
from disclosure.engines.plan import SnapshotFiles
from disclosure.person_view.prove import prove
from disclosure.person_view.schema import ProvenView, Schema
from disclosure.pricing import Price, PriceLine, price_of
from disclosure.requests import ReleaseRequest
from disclosure.statistics.base import Statistic
from disclosure.statistics.registry import bind
from disclosure.terms import Terms
from workspaces.catalogue.errors import Invalid

__all__ = ["DrawFailed", "Price", "PriceLine", "draw", "price"]


class DrawFailed(Exception):
    """A draw did not end. It says nothing more, and carries neither cause nor context: those could hold records."""

    def __str__(self) -> str:
        return "The draw did not end. What it cost stays spent."


@dataclass(frozen=True)
class _Cleared:
    """A request bound to the schema: its proven view, its statistics, its price."""

    view: ProvenView
    statistics: tuple[Statistic, ...]
    price: Price


def price(request: ReleaseRequest, terms: Terms) -> Price:
    """What the request would cost under these terms. Raises Invalid; never touches data."""
    return _clear(request, terms).price


def draw(
    request: ReleaseRequest, terms: Terms, snapshot: SnapshotFiles, *, charged_micro_rho: int | None = None
) -> Artefact:
    """The released values, noise added once. Raises Invalid before any read, DrawFailed without a cause after it.

    `charged_micro_rho` is what the ledger has spent for it: a price that has grown since then is refused unread.
    """
    cleared = _clear(request, terms)
    if charged_micro_rho is not None and cleared.price.micro_rho > charged_micro_rho:
        raise Invalid(
            "request:price_changed",
            "The release costs more than was charged for it.",
            "Have the request priced and submitted again.",
        )
    noisy = _noisy(cleared, snapshot)
    if noisy is None:
        raise DrawFailed  # outside the handler, so that it has no context
    return Artefact(describe(request, cleared.price, cleared.statistics, noisy))


def _noisy(cleared: _Cleared, snapshot: SnapshotFiles) -> list[noise.Integers] | None:
    """One noisy vector per statistic, or None when anything failed. Exact numbers are local to this function."""
    try:
        plans = [statistic.plan for statistic in cleared.statistics]
        exact = aggregate(cleared.view, plans, snapshot, memory_mib=cleared.price.memory_mib)
        lines = zip(cleared.statistics, cleared.price.lines, exact, strict=True)
        return noise.add_noise([_part(statistic, line, table) for statistic, line, table in lines])
    except Exception:  # what it says could hold records
        return None


def _part(statistic: Statistic, line: PriceLine, table: noise.Integers) -> noise.Exact:
    return noise.Exact(
        vector=statistic.vector(table).ravel(),
        mechanism=line.mechanism,
        sensitivity=statistic.contribution.l2_squared,
        scale=line.scale,
        micro_rho=line.micro_rho,
    )


def _clear(request: ReleaseRequest, terms: Terms) -> _Cleared:
    _check_epsilon(request, terms)
    view = prove(request.view, Schema.granted(terms.tables, rows_per_person=terms.rows_per_person))
    _check_literals(view, terms)
    check_statistics(request, view.columns)
    statistics = tuple(bind(asked, view.columns, terms) for asked in request.statistics)
    return _Cleared(view, statistics, price_of(request, terms, view, statistics))


def _check_epsilon(request: ReleaseRequest, terms: Terms) -> None:
    if request.epsilon_micro > terms.request_epsilon_micro:
        raise Invalid(
            "request:epsilon_over",
            "The request offers more epsilon than one request of this project may spend.",
            f"Ask for at most {Decimal(terms.request_epsilon_micro) / MICRO}.",
        )


def _check_literals(view: ProvenView, terms: Terms) -> None:
    bits = sum(literal.bits for literal in view.literals)
    if terms.literal_bits is not None and bits > terms.literal_bits:
        raise Invalid(
            "request:literals",
            f"The view's own numbers and words carry {bits} bits; an author who has seen rows may use "
            f"{terms.literal_bits}.",
            "Use published code lists and bounds from the catalogue, or fewer values.",
        )
