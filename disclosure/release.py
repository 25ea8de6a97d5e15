"""The two public verbs: `price` looks at the request and the grant, `draw` looks at the records once.

Refusals come from `price` alone, so they depend on request and terms only (privacy model P5). In `draw` the exact
numbers live in local variables of one function; what goes wrong there is reported without cause, text or values.
"""

from typing import cast

from disclosure import noise
from disclosure.artefact import Artefact, describe
from disclosure.clearance import Cleared, clear, price
from disclosure.collector import paused_collector
from disclosure.engines import engine as engine_of
from disclosure.engines.block_plan import BlockPlan, Chambers
from disclosure.engines.plan import SnapshotFiles
from disclosure.pricing import Price, PriceLine
from disclosure.requests import ReleaseRequest
from disclosure.statistics.base import Selected, Statistic, Thresholded
from disclosure.terms import Terms
from workspaces.catalogue.errors import Invalid

__all__ = ["DrawFailed", "Price", "PriceLine", "draw", "price"]


class DrawFailed(Exception):
    """A draw did not end. It says nothing more, and carries neither cause nor context: those could hold records."""

    def __str__(self) -> str:
        return "The draw did not end. What it cost stays spent."


def draw(
    request: ReleaseRequest,
    terms: Terms,
    snapshot: SnapshotFiles,
    *,
    charged_micro_rho: int | None = None,
    charged_delta0_e15: int | None = None,
    engine: str = "duckdb",
    chambers: Chambers | None = None,
) -> Artefact:
    """The released values, noise added once. Raises Invalid before any read, DrawFailed without a cause after it.

    `charged_micro_rho` and `charged_delta0_e15` are what the ledger has spent for it: a price that has grown since
    then is refused unread. `engine` adds up the exact numbers: `duckdb`, or `spark` where its extra is installed.
    `chambers` run the scripts of statistics by a program; without them such a request is refused unread.
    """
    cleared = clear(request, terms)
    charged = ((charged_micro_rho, cleared.price.micro_rho), (charged_delta0_e15, cleared.price.delta0_e15))
    if any(spent is not None and cost > spent for spent, cost in charged):
        raise Invalid(
            "request:price_changed",
            "The release costs more than was charged for it.",
            "Have the request priced and submitted again.",
        )
    if chambers is None and any(isinstance(each.plan, BlockPlan) for each in cleared.statistics):
        raise Invalid("request:no_rooms", "Programs cannot be run here.", "Leave the program out, or ask the operator.")
    noisy = _noisy(cleared, snapshot, engine, chambers)
    if noisy is None:
        raise DrawFailed  # outside the handler, so that it has no context
    with paused_collector():
        return Artefact(describe(request, cleared.price, cleared.statistics, noisy))


def _noisy(
    cleared: Cleared, snapshot: SnapshotFiles, engine: str, chambers: Chambers | None
) -> list[noise.Integers] | None:
    """One noisy vector per statistic, or None when anything failed. Exact numbers are local to this function."""
    try:
        exact = _exact(cleared, snapshot, engine, chambers)
        lines = zip(cleared.statistics, cleared.price.lines, exact, strict=True)
        drawn = noise.add_noise([_part(statistic, line, table) for statistic, line, table in lines])
        return [_placed(*each) for each in zip(cleared.statistics, exact, drawn, strict=True)]
    except Exception:  # what it says could hold records
        return None


def _exact(cleared: Cleared, snapshot: SnapshotFiles, engine: str, chambers: Chambers | None) -> list[noise.Integers]:
    """For each statistic its exact numbers: from the engine, all in one call, or from scripts over blocks of people."""
    plans, memory_mib = [statistic.plan for statistic in cleared.statistics], cleared.price.memory_mib
    added_up = [plan for plan in plans if not isinstance(plan, BlockPlan)]
    found = iter(engine_of(engine)(cleared.view, added_up, snapshot, memory_mib=memory_mib) if added_up else ())
    return [
        _answers(cleared, plan, snapshot, chambers) if isinstance(plan, BlockPlan) else next(found) for plan in plans
    ]


def _answers(cleared: Cleared, plan: BlockPlan, snapshot: SnapshotFiles, chambers: Chambers | None) -> noise.Integers:
    from disclosure.engines.blocks import answers  # few draws need it

    if chambers is None:
        raise ValueError("a program needs chambers")
    return answers(cleared.view, plan, snapshot, chambers, memory_mib=cleared.price.memory_mib)


def _placed(statistic: Statistic, table: noise.Integers, drawn: noise.Integers) -> noise.Integers:
    return statistic.placed(table, drawn) if isinstance(statistic, Thresholded) else drawn


def _part(statistic: Statistic, line: PriceLine, table: noise.Integers) -> noise.Exact:
    contribution, chosen = statistic.contribution, line.mechanism == noise.CHOICE
    by_mechanism = {noise.LAPLACE: contribution.l1, noise.CHOICE: contribution.scores}
    return noise.Exact(
        vector=statistic.vector(table).ravel(),
        mechanism=line.mechanism,
        sensitivity=by_mechanism.get(line.mechanism, contribution.l2_squared),
        scale=line.scale,
        micro_rho=line.micro_rho,
        threshold=line.threshold,
        candidates=cast(Selected, statistic).candidates if chosen else 1,
    )
