"""Do the statistics that are worked out from several columns fit the view? Looks at request and view only (P5)."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from math import prod

from disclosure.bounds import MOST_UNITS, bound_units, grid_of, text_of_key
from disclosure.covariate_requests import Covariate
from disclosure.person_view.schema import ViewColumn
from disclosure.requests import ReleaseRequest, Statistic
from disclosure.statistics.moments import WIDEST
from disclosure.statistics.person_time import YEARS
from workspaces.catalogue.columns import Type
from workspaces.catalogue.errors import Invalid
from workspaces.catalogue.standard_population import EUROPEAN_2013

MAX_TIMES = 120
MAX_ENDINGS = 10
MAX_PATTERNS = 5_000

Columns = Mapping[str, ViewColumn]


def check_derived(request: ReleaseRequest, columns: Columns) -> None:
    """Raises Invalid (request: column, of, bounds, time, age, step, censored or on)."""
    for statistic in request.statistics:
        check = CHECKS.get(statistic.kind)
        if check is not None:
            check(statistic, columns)


def _check_rate(statistic: Statistic, columns: Columns) -> None:
    events, time = (_column(statistic, name, columns) for name in (statistic.of, statistic.time))
    if time.grid is None or time.grid.unit not in YEARS or time.name == events.name:
        raise Invalid(
            "request:time",
            f"Statistic {statistic.name} measures time by {time.name}, which is not a length of time of its own.",
            "Use days between two dates (DATE_DIFF('day', …)), or another column in days, weeks, months or years.",
        )
    _check_cap(statistic, time, statistic.time_upper)
    if events.type is not Type.BOOLEAN:
        _check_cap(statistic, events, statistic.upper)
    elif statistic.upper != 1:
        raise Invalid("request:upper", f"The column {events.name} of {statistic.name} is a flag.", "Give 1 for upper.")


def _check_cap(statistic: Statistic, column: ViewColumn, cap: Decimal | None) -> None:
    if cap is None or not 0 < bound_units(column, cap) <= MOST_UNITS:
        raise Invalid(
            "request:bounds",
            f"The cap of {statistic.name} on {column.name} is not above 0, or more than {MOST_UNITS:,} steps of its "
            "grid.",
            "Give the most of one person that counts.",
        )


def _column(statistic: Statistic, name: str | None, columns: Columns) -> ViewColumn:
    found = columns.get(name or "")
    if found is None:
        raise Invalid(
            "request:column",
            f"Statistic {statistic.name} names {name}, which is not a column of the view.",
            f"Use one of: {', '.join(columns)}.",
        )
    return found


def _check_standardised(statistic: Statistic, columns: Columns) -> None:
    age = _column(statistic, statistic.age, columns)
    if age.domain is None or not set(EUROPEAN_2013) <= set(age.domain.values) or age.name in statistic.by:
        raise Invalid(
            "request:age",
            f"Statistic {statistic.name} standardises by {age.name}, which does not hold five-year age bands, or is "
            "one of its keys.",
            "Use age_band of the person table, and do not group by it.",
        )
    _check_rate(statistic, columns)


def _check_survival(statistic: Statistic, columns: Columns) -> None:
    outcome, time = (_column(statistic, name, columns) for name in (statistic.of, statistic.time))
    values = [text_of_key(value) for value in outcome.domain.values] if outcome.domain else []
    if not 2 <= len(values) <= MAX_ENDINGS or outcome.name in statistic.by:
        raise Invalid(
            "request:of",
            f"Statistic {statistic.name} is of {outcome.name}, which has no public list of 2 to {MAX_ENDINGS} values, "
            "or is one of its keys.",
            "Use a flag (true: the event happened), or name the endings in a CASE of the view.",
        )
    if (statistic.censored or "false") not in values:
        raise Invalid(
            "request:censored",
            f"Statistic {statistic.name} does not say which value of {outcome.name} means followed without an event.",
            f"Give one of: {', '.join(values)}.",
        )
    if time.grid is None or time.name in statistic.by:
        raise Invalid(
            "request:time",
            f"Statistic {statistic.name} measures time by {time.name}, which has no public grid or is a key.",
            "Use days between two dates (DATE_DIFF('day', …)).",
        )
    _check_steps(statistic, time)


def _check_steps(statistic: Statistic, time: ViewColumn) -> None:
    _check_cap(statistic, time, statistic.upper)
    step, upper = Fraction(statistic.step or 0), Fraction(statistic.upper or 0)
    whole = step > 0 and (step / grid_of(time).step).denominator == 1 and (upper / step).denominator == 1
    if not whole or upper / step > MAX_TIMES:
        raise Invalid(
            "request:step",
            f"The step of {statistic.name} does not divide its time into 1 to {MAX_TIMES} whole steps of the grid.",
            "Give a longer step, such that the end is a multiple of it.",
        )


def _check_linear(statistic: Statistic, columns: Columns) -> None:
    named = [(each.of, each.lower, each.upper) for each in statistic.on or ()]
    for name, lower, upper in [*named, (statistic.of, statistic.lower, statistic.upper)]:
        _check_term(statistic, _column(statistic, name, columns), lower, upper)


def _check_term(statistic: Statistic, column: ViewColumn, lower: Decimal | None, upper: Decimal | None) -> None:
    flag = column.type is Type.BOOLEAN
    if flag != (lower is None) or column.name in statistic.by:
        raise Invalid(
            "request:on",
            f"Statistic {statistic.name} takes {column.name} as {'a number' if flag else 'a flag'}, or as a key too.",
            "Give a number its bounds, a flag none; make flags of groups in the view; do not group by a covariate.",
        )
    if lower is None or upper is None:
        return
    ends = bound_units(column, lower), bound_units(column, upper)
    if not 0 < ends[1] - ends[0] < 2 * WIDEST:
        raise Invalid(
            "request:bounds",
            f"The bounds of {column.name} in {statistic.name} are the wrong way round, or {2 * WIDEST:,} steps of its "
            "grid or more apart: products of so many are not added up.",
            "Give lower < upper, or narrower bounds.",
        )


def _check_logistic(statistic: Statistic, columns: Columns) -> None:
    outcome = _column(statistic, statistic.of, columns)
    if outcome.type is not Type.BOOLEAN:
        raise Invalid(
            "request:of",
            f"Statistic {statistic.name} is of {outcome.name}, which is not a yes/no column.",
            "Use a flag of the view: exists in a form, or a condition in SQL.",
        )
    sizes = [_check_grouped(statistic, _column(statistic, each.of, columns), each) for each in statistic.on or ()]
    if 2 * prod(sizes) > MAX_PATTERNS:
        raise Invalid(
            "request:cells",
            f"Statistic {statistic.name} would count people in more than {MAX_PATTERNS:,} combinations of groups.",
            "Use fewer covariates, or covariates with fewer groups.",
        )


def _check_grouped(statistic: Statistic, column: ViewColumn, asked: Covariate) -> int:
    """How many groups a covariate has. Raises Invalid("request:on")."""
    values = [text_of_key(value) for value in column.domain.values] if column.domain else []
    if len(values) < 2 or column.name in statistic.by or asked.reference not in (None, *values):
        raise Invalid(
            "request:on",
            f"Statistic {statistic.name} takes {column.name} as a covariate, which has no public list of values, is a "
            "key too, or does not have that reference.",
            "Use a flag or a column with public values; name groups of a number in a CASE of the view.",
        )
    return len(values)


CHECKS: dict[str, Callable[[Statistic, Columns], None]] = {
    "rate": _check_rate,
    "standardised": _check_standardised,
    "survival": _check_survival,
    "linear": _check_linear,
    "logistic": _check_logistic,
}
