"""Every shape of query means what its text says in plain DuckDB, and no row of a person depends on anybody else's."""

from datetime import timedelta

import pytest

from tests.factories.view_shapes import SHAPES, UNEQUAL_ON_TIES, UNSAID, world
from tests.factories.worlds import Tables, exact, people, proven
from workspaces.catalogue.code_lists import CODE_LISTS


@pytest.fixture(scope="module")
def tables():
    with Tables() as made:
        yield made


@pytest.fixture(scope="module")
def proofs():
    return {name: proven(sql=text) for name, text in SHAPES.items()}


def said(tables, text):
    """What the author's own text says in DuckDB; in_code_list is the one word of ours in it."""
    for cited, found in CODE_LISTS.items():
        ids = ", ".join(map(str, found.concept_ids))
        for column in ("c.condition_concept_id", "d.drug_concept_id"):
            text = text.replace(f"in_code_list({column}, '{cited}')", f"{column} IN ({ids})")
    result = tables.connection.execute(text)
    names = [column[0] for column in result.description]
    return {row[0]: dict(zip(names[1:], map(_in_days, row[1:]), strict=True)) for row in result.fetchall()}


def _in_days(value):
    """DuckDB has an interval where a view has days."""
    return value.days if isinstance(value, timedelta) else value


@pytest.mark.parametrize("name", sorted(set(SHAPES) - UNSAID))
def test_a_shape_means_what_its_text_says(name, tables, proofs):
    for seed in (1, 2):
        made = world(25, seed, ties=name not in UNEQUAL_ON_TIES)
        for other in made:
            tables.fill(other, made[other])
        expected = said(tables, SHAPES[name])
        found = exact(proofs[name], tables.rows(proofs[name], made))
        assert found == expected
        assert len(expected) > 1


@pytest.mark.parametrize("name", SHAPES)
def test_only_the_leavers_row_leaves(name, tables, proofs):
    """Many ties: each person is taken away in turn, the rows of the others stand in another order."""
    made = world(9, 3, ties=True)
    whole = tables.rows(proofs[name], made)
    for leaver in people(made):
        left = {table: [row for row in reversed(rows) if row["person_id"] != leaver] for table, rows in made.items()}
        assert tables.rows(proofs[name], left) == {who: row for who, row in whole.items() if who != leaver}


def test_what_the_author_chose_in_a_window_is_listed():
    over = "OVER (PARTITION BY person_id ORDER BY visit_start_date"
    text = f"SELECT person_id, max(a) AS a, min(b) AS b FROM (SELECT person_id, lag(visit_start_date, 3) {over}) AS a, "  # noqa: S608
    text += (
        f"count(*) {over} ROWS BETWEEN 9 PRECEDING AND 4 FOLLOWING) AS b FROM visit_occurrence) AS w GROUP BY person_id"
    )
    listed = [(literal.text, literal.where) for literal in proven(sql=text).literals]
    assert listed == [("3", "a window"), ("9", "a window"), ("4", "a window")]
