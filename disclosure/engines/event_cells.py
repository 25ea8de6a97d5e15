"""Event plans as trees for all engines: the different cells a person touches, and in which order they would count.

`ranked` yields person_id, cell (of the person's own keys) and packed: rank · SHIFT + key, so that the `at_most` least
numbers of each person are the cells that count, and the key is what remains of them.
"""

from sqlglot import exp

from disclosure.engines.capped import SAMPLE_KEY, within
from disclosure.engines.cells import cell_of, column, number, position
from disclosure.engines.event_plan import CodePlan, EventPlan, Periods
from disclosure.engines.kept import mixed, multiplier, offset, over_query, rank, with_fourth
from disclosure.engines.plan import CellPlan
from disclosure.person_view.schema import PERSON_ID

SHIFT = 2**31  # above every key: dense cells are fewer, and codes of the catalogue are smaller
MONTHS = 12


def ranked(
    plan: EventPlan | CodePlan, *, events: exp.Expr, view: exp.Expr, sampling: exp.Expr, ranged: bool = False
) -> exp.Select:
    """Each different (person, key) once, for people of the view who are sampled, of one range of them if `ranged`.

    `events` yields the plan's event rows, `view` person_id and the view's columns, `sampling` person_id and sample_key.
    The range of dense numbers, $low to $high, cuts the work only: what is kept of a person does not depend on it.
    """
    touched = exp.select(column(PERSON_ID), exp.alias_(_key(plan), "k", quoted=True)).distinct()
    touched = within(touched.from_(_aliased(events, "e")), ranged=ranged)
    joined = exp.select(
        column(PERSON_ID, "t"),
        exp.alias_(column("cell", "p"), "cell", quoted=True),
        exp.alias_(column("k", "t"), "k", quoted=True),
        exp.alias_(mixed(column("a", "p"), column("b", "p"), column("k", "t")), "x", quoted=True),
    )
    joined = joined.from_(_aliased(touched, "t")).join(
        _aliased(_people(plan, view, sampling, ranged=ranged), "p"), on=_same_person("t", "p")
    )
    known = exp.and_(_known(column("k", "t")), _known(column("cell", "p")))
    return _packed(joined.where(known))


def _packed(joined: exp.Select) -> exp.Select:
    """x becomes the rank, each step modulo P so that no product reaches 2**63."""
    shifted = exp.Mul(this=rank(), expression=number(SHIFT))
    packed = exp.Add(this=shifted, expression=column("k"))
    fourth = with_fourth(joined, (PERSON_ID, "cell", "k"))
    return over_query(fourth, column(PERSON_ID), column("cell"), exp.alias_(packed, "packed", quoted=True))


def _people(plan: EventPlan | CodePlan, view: exp.Expr, sampling: exp.Expr, *, ranged: bool) -> exp.Select:
    """person_id, cell, and the two numbers made of the person's sampling key."""
    own = CellPlan(plan.name, plan.of_person if isinstance(plan, EventPlan) else plan.by, ())
    celled = exp.select(column(PERSON_ID), exp.alias_(cell_of(own), "cell", quoted=True))
    celled = within(celled.from_(_aliased(view, "v")), ranged=ranged)
    keyed = exp.select(
        column(PERSON_ID, "c"),
        column("cell", "c"),
        exp.alias_(multiplier(column(SAMPLE_KEY, "s")), "a", quoted=True),
        exp.alias_(offset(column(SAMPLE_KEY, "s")), "b", quoted=True),
    )
    keyed = keyed.from_(_aliased(celled, "c")).join(_aliased(sampling, "s"), on=_same_person("c", "s"))
    return within(keyed, ranged=ranged, alias="s")


def _key(plan: EventPlan | CodePlan) -> exp.Expr:
    """The number of the event cell within the person's own; NULL when it is in none. Of a code plan the code."""
    if isinstance(plan, CodePlan):
        code = column(plan.code.name)
        listed = [number(int(value)) for value in plan.vocabulary.values]
        return exp.Case().when(exp.In(this=code.copy(), expressions=listed), code)
    split: exp.Expr = number(0)
    if plan.split and plan.split.domain:
        split = position(plan.split.name, plan.split.domain)
    if plan.periods is None:
        return split
    scaled = exp.Mul(this=exp.Paren(this=split), expression=number(plan.periods.size))
    return exp.Add(this=scaled, expression=exp.Paren(this=_period(plan.periods)))


def _period(periods: Periods) -> exp.Expr:
    """The number of the period, from 0; NULL outside them."""
    year, month = (
        exp.cast(exp.Anonymous(this=part, expressions=[column(periods.column)]), "BIGINT") for part in ("year", "month")
    )
    months = exp.Add(this=exp.Mul(this=year, expression=number(MONTHS)), expression=month)
    since: exp.Expr = exp.Sub(this=months, expression=exp.Paren(this=number(periods.first + 1)))
    last = number(periods.size * periods.months - 1)
    inside = exp.Between(this=exp.Paren(this=since), low=number(0), high=last)
    return exp.Case().when(inside, exp.IntDiv(this=exp.Paren(this=since.copy()), expression=number(periods.months)))


def _aliased(source: exp.Expr, alias: str) -> exp.Expr:
    inner = source.subquery() if isinstance(source, exp.Query) else source
    return exp.alias_(inner, alias, table=True, quoted=True)


def _known(value: exp.Expr) -> exp.Expr:
    return exp.Not(this=exp.Is(this=value, expression=exp.Null()))


def _same_person(one: str, other: str) -> exp.Expr:
    return exp.EQ(this=column(PERSON_ID, one), expression=column(PERSON_ID, other))
