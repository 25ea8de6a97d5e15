"""Any form and any query of the allowed shapes means what the plain twin says, on any data, without an error.

The twin looks at one person at a time, so that agreeing with it for everybody also shows that no row of another person
had a say; the neighbour test shows it once more, by taking each person away.
"""

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories.odd_worlds import worlds
from tests.factories.person_forms import forms
from tests.factories.person_queries import queries
from tests.factories.query_text import sql
from tests.factories.worlds import Tables, exact, people, proven
from tests.plain.person_view import form_view
from tests.plain.person_view import view as plain_view
from workspaces.catalogue.errors import Invalid


@pytest.fixture(scope="module")
def tables():
    with Tables() as made:
        yield made


def some(examples):
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))


def accepted(text):
    """The proven view, or None when its numbers could grow too large, which these queries are refused for only."""
    try:
        return proven(sql=text)
    except Invalid as refusal:
        if refusal.code != "view:range":
            raise
        return None


def test_sql_means_what_the_plain_twin_says(tables):
    seen = Counter()

    @some(110)
    @given(drawn=queries(), world=worlds())
    def holds(drawn, world):
        query, expected = drawn
        view = accepted(sql(query))
        if view is None:
            return
        found = tables.rows(view, world)
        seen["grouped" if query["grouped"] else "layered"] += bool(found)
        steps = {name: known.step for name, known in expected.items() if known.kind == "number"}
        assert {name: view.columns[name].grid.step for name in steps} == steps
        assert exact(view, found) == plain_view(query, world), view.sql

    holds()
    assert min(seen["grouped"], seen["layered"]) > 10, seen


def test_a_form_means_what_the_plain_twin_says(tables):
    seen = Counter()

    @some(60)
    @given(form=forms(), world=worlds())
    def holds(form, world):
        view = proven(form=form)
        found = tables.rows(view, world)
        seen["somebody"] += bool(found)
        assert exact(view, found) == form_view(form, world), view.sql

    holds()
    assert seen["somebody"] > 10, seen


def test_nobodys_row_changes_when_another_person_leaves(tables):
    seen = Counter()

    @some(50)
    @given(drawn=queries(), world=worlds())
    def holds(drawn, world):
        view = accepted(sql(drawn[0]))
        whole = tables.rows(view, world) if view else {}
        for leaver in people(world) if view else ():
            left = {name: [row for row in reversed(rows) if row["person_id"] != leaver] for name, rows in world.items()}
            assert tables.rows(view, left) == {person: row for person, row in whole.items() if person != leaver}
            seen["others"] += bool(set(whole) - {leaver})

    holds()
    assert seen["others"] > 10, seen


def test_numbers_domains_and_flags_lie_where_the_view_says(tables):
    @some(30)
    @given(drawn=queries(), world=worlds())
    def holds(drawn, world):
        view = accepted(sql(drawn[0]))
        for row in tables.rows(view, world).values() if view else ():
            for name, value in row.items():
                grid = view.columns[name].grid
                assert value is None or grid is None or grid.holds(Fraction(value) * grid.step), (name, value)

    holds()


@some(40)
@given(st.data())
def test_the_same_text_has_the_same_proof(data):
    text = sql(data.draw(queries())[0])
    assert accepted(text) == accepted(text)
