"""The one list of statistics. A new one is a module, a line here and a plain twin in the tests."""

from disclosure.requests import Statistic as Asked
from disclosure.statistics.base import Statistic
from disclosure.statistics.codes import Codes
from disclosure.statistics.columns import Columns
from disclosure.statistics.comparison import Comparison
from disclosure.statistics.count import Count
from disclosure.statistics.forecast import Forecast
from disclosure.statistics.histogram import Histogram
from disclosure.statistics.linear import Linear
from disclosure.statistics.logistic import Logistic
from disclosure.statistics.mean import Mean
from disclosure.statistics.periods import Periods
from disclosure.statistics.proportion import Proportion
from disclosure.statistics.quantiles import Quantiles
from disclosure.statistics.rate import Rate
from disclosure.statistics.spread import Spread
from disclosure.statistics.standardised import Standardised
from disclosure.statistics.sum import Sum
from disclosure.statistics.survival import Survival
from disclosure.statistics.table import Table
from disclosure.terms import Terms
from workspaces.catalogue.errors import Invalid

Kinds = (
    Count
    | Proportion
    | Sum
    | Mean
    | Histogram
    | Spread
    | Quantiles
    | Comparison
    | Table
    | Rate
    | Standardised
    | Survival
    | Linear
    | Logistic
)

OverEvents = Periods | Codes | Forecast
OVER_EVENTS: dict[str, type[OverEvents]] = {statistic.kind: statistic for statistic in (Periods, Codes, Forecast)}
OVER_PEOPLE: dict[str, type[Kinds]] = {
    statistic.kind: statistic
    for statistic in (
        *(Count, Proportion, Sum, Mean, Histogram, Spread, Quantiles, Comparison, Table),
        *(Rate, Standardised, Survival, Linear, Logistic),
    )
}
REGISTRY: dict[str, type[Kinds | OverEvents]] = {**OVER_PEOPLE, **OVER_EVENTS}


def bind(asked: Asked, columns: Columns, terms: Terms) -> Statistic:
    """The statistic asked for, bound to its columns. Raises Invalid("request:not_granted")."""
    if asked.kind not in terms.statistics:
        raise Invalid(
            "request:not_granted",
            f"{asked.name} is a {asked.kind}, which this project's grant does not allow.",
            f"Ask for one of: {', '.join(sorted(terms.statistics))}; or ask for an amendment.",
        )
    if asked.kind in OVER_EVENTS:
        return OVER_EVENTS[asked.kind].asked(asked, columns, terms)
    return OVER_PEOPLE[asked.kind].asked(asked, columns)
