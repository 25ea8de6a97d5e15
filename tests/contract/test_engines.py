"""Each engine answers what the plain engine answers: any view, odd data, every kind of statistic, every operation.

The plain engine looks at one person after another in loops and fractions. Few examples of Spark run in ./run check, as
each takes seconds; TRE_ENGINE_EXAMPLES asks for more.
"""

import copy
import os
from collections import Counter
from contextlib import suppress
from dataclasses import fields, replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from disclosure.clearance import clear
from disclosure.engines import MODULES, AggregateFailed, engine
from disclosure.engines.event_plan import CodePlan, EventPlan
from disclosure.engines.plan import (
    Bins,
    CellPlan,
    CountAll,
    CountKnown,
    CountTrue,
    Measure,
    Product,
    SnapshotFiles,
    Squares,
    Steps,
    Sum,
)
from disclosure.requests import parse_request
from disclosure.statistics.registry import REGISTRY
from infra.audit.cases import TERMS, VIEW, asked
from tests.factories.crowds import crowds, many, secret, usual
from tests.factories.person_queries import queries
from tests.factories.query_text import sql
from tests.factories.sparks import INTERPRETED, context
from tests.factories.view_shapes import SHAPES, world
from tests.factories.window_queries import texts as window_texts
from tests.factories.worlds import proven, rows_of, write
from tests.plain import cell_plan
from tests.plain import events as plain_events
from tests.plain.kept_rows import kept
from tests.plain.person_view import AGGREGATES, OPERATORS, form_view, read
from tests.plain.person_view import view as plain_view
from workspaces.catalogue.columns import Type
from workspaces.catalogue.errors import Invalid

ENGINES = [
    pytest.param("duckdb", 2, id="duckdb, briefly"),
    pytest.param("duckdb", 25, id="duckdb", marks=pytest.mark.slow),
    pytest.param("spark", 3, id="spark", marks=pytest.mark.slow),
]
pytestmark = pytest.mark.usefixtures("sparked")
MOST = 3  # rows of one person that statistics read
COUNTED = {"count_all", "count", "count_distinct", "count_if"}


@pytest.fixture
def sparked(request):
    """Spark's context where the test is of Spark."""
    if "spark" in request.node.name:
        request.getfixturevalue("interpreted")


@pytest.fixture(scope="module")
def interpreted():
    with context(**INTERPRETED) as session:
        yield session


def some(examples):
    many = int(os.environ.get("TRE_ENGINE_EXAMPLES", 0)) or examples
    quiet = list(HealthCheck)
    return settings(max_examples=many, deadline=None, suppress_health_check=quiet, phases=(Phase.generate,))


def plans_of(view):
    """Every measure and every kind of key that the view's columns allow."""
    columns = list(view.columns.values())
    keys = [column for column in columns if column.domain and len(column.domain.values) <= 40][:2]
    measures: list[Measure] = [CountAll()]
    plans = []
    for column in columns:
        if column.type is Type.BOOLEAN:
            measures += [CountTrue(column.name), CountKnown(column.name)]
        if column.grid is not None:
            step = column.grid.step
            low, high = max(int(column.grid.low / step), -1000), min(int(column.grid.high / step), 1000)
            if low < high and high - low < 2**16:
                centre = (low + high) // 2
                whole = Sum(column.name, low, high, centre)
                measures += [whole, Squares(column.name, low, high, centre), Product((whole, whole), (column.name,))]
                measures += [Bins(column.name, tuple(sorted({low, centre, high})))]
                plans.append(CellPlan("steps", (), (CountAll(),), steps=Steps(column.name, low, high, high - low)))
    return [CellPlan("keys", tuple(keys[:1]), tuple(measures), within=tuple(keys[1:])), *plans]


def names(node):
    """The operations of an expression or query of the plain twin."""
    if isinstance(node, dict):
        return set().union(*(names(part) for part in node.values()), set())
    if not isinstance(node, tuple | list):
        return set()
    own = {node[0]} if node and isinstance(node[0], str) else set()
    own |= {node[1]} if own == {"aggregate"} else set()
    return own.union(*(names(part) for part in node))


def accepted(text):
    """The proven view, or None when its numbers could grow too large, which these queries are refused for only."""
    try:
        return proven(sql=text)
    except Invalid as refusal:
        if refusal.code != "view:range":
            raise
        return None


@pytest.mark.parametrize(("name", "examples"), ENGINES)
def test_any_view_is_added_up_as_the_plain_engine_does(name, examples, tmp_path_factory):
    seen = Counter()

    def holds(drawn, crowd):
        for query, _ in drawn:
            view = accepted(sql(query))
            if view is None:
                continue
            plans = plans_of(view)
            people = list(plain_view(query, crowd).values())
            files = write(crowd, tmp_path_factory.mktemp("crowd"))
            for plan, found in zip(plans, engine(name)(view, plans, files), strict=True):
                assert np.array_equal(found, cell_plan.answer(plan, people, view.columns)), (plan, view.sql)
                seen.update(type(measure).__name__ for measure in plan.measures if found.any())
                seen["steps"] += bool(plan.steps and found.any())
                seen["within"] += bool(plan.within and found.any())
            seen.update(names(query))

    some(examples)(given(drawn=st.lists(queries(), min_size=2, max_size=2), crowd=crowds())(holds))()
    for operation in sorted({*OPERATORS, *AGGREGATES, *COUNTED} - set(seen)) if examples > 20 else ():
        drawn = find(queries(), lambda made, asked=operation: asked in names(made[0]) and accepted(sql(made[0])))
        some(3)(given(drawn=st.just([drawn]), crowd=crowds())(holds))()
    if examples < 20:  # the statistics below bring every measure to Spark
        return
    wanted = {"CountAll", "CountTrue", "CountKnown", "Sum", "Squares", "Product", "Bins", "steps", "within"}
    assert wanted - set(seen) == set()
    assert {*OPERATORS, *AGGREGATES, *COUNTED} - set(seen) == set()


def everything():
    """One request with every registered kind, its months those of the worlds."""
    found = [copy.deepcopy(dict(asked(kind))) for kind in REGISTRY]
    for statistic in found:
        if "edges" in statistic:
            statistic["edges"] = ["10", "20", "25.3", "70"]
        if "first" in statistic.get("events", {}):
            statistic["events"].update({"first": "2017-11", "last": "2020-06"})
    return parse_request({"title": "All", "view": VIEW, "statistics": found, "epsilon": "1"})


@pytest.mark.parametrize(("name", "examples"), ENGINES)
def test_every_statistic_is_added_up_as_the_plain_engine_does(name, examples, tmp_path_factory):
    cleared = clear(everything(), replace(TERMS, rows_per_person=MOST))
    assert {statistic.kind for statistic in cleared.statistics} == set(REGISTRY)
    plans = [statistic.plan for statistic in cleared.statistics]
    some_found = Counter()

    @some(max(2, examples // 3) if name == "duckdb" else 4)
    @given(crowd=crowds().map(usual).map(many))
    def holds(crowd):
        rows = form_view(VIEW["form"], kept(crowd, cleared.view.sources, MOST, secret))
        files = write(crowd, tmp_path_factory.mktemp("crowd"))
        found = engine(name)(cleared.view, plans, files)
        for statistic, table in zip(cleared.statistics, found, strict=True):
            assert np.array_equal(table, plain(statistic.plan, rows, crowd, cleared.view)), statistic.kind
            some_found[statistic.kind] += bool(table.any())

    holds()
    assert {type(measure) for plan in plans if isinstance(plan, CellPlan) for measure in plan.measures} == set(
        get_args(Measure)
    )
    assert {kind for kind in REGISTRY if not some_found[kind]} == set()


def plain(plan, rows, crowd, view):
    if isinstance(plan, CellPlan):
        return cell_plan.answer(plan, list(rows.values()), view.columns)
    cut = kept(crowd, {plan.events.table: plan.events.source}, MOST, secret)
    people = [{**row, "sample_key": secret(who), "events": own_events(plan, cut, who)} for who, row in rows.items()]
    return (
        plain_events.answer_codes(plan, people)
        if isinstance(plan, CodePlan)
        else plain_events.answer_events(plan, people)
    )


def own_events(plan: EventPlan | CodePlan, crowd, who):
    found = [row for row in read(plan.events.table, crowd) if row["person_id"] == who]
    return [{name: int(v) if name.endswith("_id") and v is not None else v for name, v in row.items()} for row in found]


@pytest.mark.slow
def test_every_shape_of_view_is_the_same_on_spark(tmp_path):
    """With ties, which both engines break in one way."""
    views = {name: proven(sql=text) for name, text in SHAPES.items()}
    alike(views, write(world(30, 5, ties=True), tmp_path))


@pytest.mark.slow
def test_random_windows_are_the_same_on_spark(tmp_path_factory):
    @some(2)
    @given(drawn=st.lists(window_texts(), min_size=20, max_size=20, unique=True), seed=st.integers(0, 50))
    def holds(drawn, seed):
        views = {f"view {place}": view for place, text in enumerate(drawn) if (view := proven_or_none(text))}
        assert len(views) > 10
        alike(views, write(world(12, seed, ties=True), tmp_path_factory.mktemp("windows")))

    holds()


def proven_or_none(text):
    with suppress(Invalid):  # numbers that could grow too large, literals outside a public domain
        return proven(sql=text)


def alike(views, files):
    """All of the views in one query, so that Spark plans and runs once."""
    from disclosure.engines.spark import _session, _staged
    from disclosure.engines.spark_sql import write as spark_sql

    session = _session(2, 1024)
    wide = proven(form={"columns": [{"name": "sex", "person": "sex"}]})
    tables = {}
    for view in views.values():
        for table, columns in view.sources.items():
            tables.setdefault(table, set()).update(columns)
    _staged(
        session,
        replace(
            wide,
            sources={"person": ("person_id", "sex")}
            | {
                table: tuple(sorted(columns | ({"sex"} if table == "person" else set())))
                for table, columns in tables.items()
            },
        ),
        files,
    )
    parts = []
    for name, view in views.items():
        shown = ", ".join(f"COALESCE(CAST(`{column}` AS STRING), 'NULL')" for column in view.columns)
        parts.append(  # texts of this test
            f"SELECT '{name}' AS shape, person_id, CONCAT_WS('|', {shown}) AS row FROM ({spark_sql(view.tree)}) AS v"  # noqa: S608
        )
    found = {name: {} for name in views}
    for shape, person, row in session.sql(" UNION ALL ".join(parts)).collect():
        assert person not in found[shape]
        found[shape][person] = row
    for name, view in views.items():
        expected = {who: "|".join(map(_shown, row.values())) for who, row in rows_of(view, files).items()}
        assert found[name] == expected, view.sql


def _shown(value):
    return "NULL" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("name", [pytest.param("duckdb"), pytest.param("spark", marks=pytest.mark.slow)])
def test_an_engine_that_fails_says_nothing(name, tmp_path, capfd):
    """A file that holds text where numbers should be: neither the error nor a stream quotes it."""
    files = write({"person": [{"person_id": 1, "sex": "male"}]}, tmp_path)
    (files.room / "person.parquet").write_bytes(b"PAR1 patient 12345 PAR1")
    view = proven(sql="SELECT person_id, sex FROM person")
    with pytest.raises(AggregateFailed) as caught:
        engine(name)(view, [CellPlan("n", (), (CountAll(),))], files)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    shown = capfd.readouterr()
    assert "12345" not in shown.out + shown.err


def test_engines_are_loaded_by_name_only():
    assert set(MODULES) == {"duckdb", "spark"}
    assert [field.name for field in fields(SnapshotFiles)] == ["room", "sampling"]
    with pytest.raises(KeyError):
        engine("sqlite")
