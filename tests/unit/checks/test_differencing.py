"""The differencing guard names the clauses that differ and looks at released values only."""

import re
from dataclasses import replace

import pytest

from disclosure.checks.definitions import define
from disclosure.checks.differencing import ELSEWHERE, Earlier, Relation, compare, for_author, guard
from disclosure.checks.offline import terms_in, without_grant
from disclosure.checks.verdicts import ON_RELEASED, Outcome
from disclosure.clearance import clear
from tests.factories.snapshots import GRANTED, request
from tests.factories.view_shapes import SHAPES

TERMS = replace(GRANTED, tables={**GRANTED.tables, "person": ("sex", "age_band", "imd_decile")})
COUNT = [{"name": "n", "kind": "count", "by": ["sex"]}]
WITH = "SELECT person_id FROM condition_occurrence WHERE condition_concept_id = 320128 GROUP BY person_id"


UNION = """SELECT person_id, min(d) AS first FROM (
    SELECT person_id, condition_start_date AS d FROM condition_occurrence WHERE condition_concept_id = 320128
    UNION ALL SELECT person_id, visit_start_date AS d FROM visit_occurrence) u GROUP BY person_id"""


def sql(text, statistics=COUNT):
    asked = request(view={"sql": text}, statistics=statistics)
    return define(asked, clear(asked, TERMS).view.sql)


ALL = "SELECT person_id, sex FROM person"
WOMEN = "SELECT p.person_id, p.sex FROM person AS p WHERE p.sex = 'female'"
OLD_WOMEN = "SELECT person_id, sex FROM person WHERE age_band = '90+' AND sex = 'female'"
OLD = "SELECT person_id, sex FROM person WHERE age_band = '90+'"
DIAGNOSED = f"SELECT p.person_id, p.sex FROM person p JOIN ({WITH}) c ON c.person_id = p.person_id"  # noqa: S608


def beside(there, same_project=True, artefact=None):
    return Earlier("rel-1", sql(there), same_project, artefact)


PAIRS = [
    (WOMEN, ALL, Relation.NARROWER, ("person.sex = 'female'",), ()),
    (ALL, WOMEN, Relation.WIDER, (), ("person.sex = 'female'",)),
    (OLD_WOMEN, WOMEN, Relation.NARROWER, ("person.age_band = '90+'",), ()),
    (OLD, WOMEN, Relation.OVERLAPPING, ("person.age_band = '90+'",), ("person.sex = 'female'",)),
    (
        f"{ALL} WHERE age_band IN ('90+', '85-89')",
        f"{ALL} WHERE age_band IN ('85-89', '90+')",
        Relation.SAME,
        (),
        (),
    ),
    (WOMEN, WOMEN.replace("p.", "q.").replace("AS p", "q"), Relation.SAME, (), ()),
    (
        DIAGNOSED,
        ALL,
        Relation.NARROWER,
        ("has condition_occurrence where condition_occurrence.condition_concept_id = 320128",),
        (),
    ),
]


@pytest.mark.parametrize(("here", "there", "relation", "only_here", "only_there"), PAIRS)
def test_the_clauses_that_differ_are_named(here, there, relation, only_here, only_there):
    found = compare(sql(here), beside(there))
    assert (found.relation, found.only_here, found.only_there) == (relation, only_here, only_there)
    assert [(mine.name, theirs.name) for mine, theirs in found.shared] == [("n", "n")]


def test_a_form_and_sql_of_the_same_meaning_are_the_same():
    form = {"columns": [{"name": "sex", "person": "sex"}], "where": [{"column": "sex", "is": "female"}]}
    asked = request(view={"form": form}, statistics=COUNT)
    assert define(asked, clear(asked, TERMS).view.sql) == sql(WOMEN)


def test_names_of_columns_and_statistics_do_not_hide_a_repeat():
    other = "SELECT person_id, sex AS gender FROM person"
    there = Earlier("rel-1", sql(other, [{"name": "people", "kind": "count", "by": ["gender"]}]), True)
    (finding,) = guard(sql(ALL), [there], None, 10)
    assert finding.outcome is Outcome.LOOK
    assert "Asked again" in finding.sentence


def test_a_width_wanted_does_not_hide_a_repeat():
    there = Earlier("rel-1", sql(ALL, [{**COUNT[0], "half_width": 40}]), True)
    assert compare(sql(ALL), there).shared


def test_what_is_worked_out_from_other_events_is_not_the_same():
    def flagged(concept):
        events = {"table": "condition_occurrence", "where": [{"column": "condition_concept_id", "is": concept}]}
        asked = request(
            view={"form": {"columns": [{"name": "f", "exists": events}]}},
            statistics=[{"name": "n", "kind": "count", "by": ["f"]}],
        )
        return define(asked, clear(asked, TERMS).view.sql)

    assert not compare(flagged(320128), Earlier("rel-1", flagged(201826), True)).shared
    assert compare(flagged(320128), Earlier("rel-1", flagged(320128), True)).shared


def test_other_statistics_cannot_be_taken_from_one_another():
    there = Earlier("rel-1", sql("SELECT person_id, age_band FROM person", [{**COUNT[0], "by": ["age_band"]}]), True)
    assert guard(sql(ALL), [there], None, 10) == []


def test_many_conditions_apart_are_other_people():
    many = f"{OLD_WOMEN} AND imd_decile = 1 AND imd_decile < 5"
    assert compare(sql(many), beside(ALL)).relation is Relation.APART
    assert guard(sql(many), [beside(ALL)], None, 10) == []


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_every_shape_of_a_view_has_a_definition_without_an_alias(shape):
    terms = terms_in(without_grant())
    view = {"sql": SHAPES[shape]}
    asked = request(view=view, statistics=[{"name": "n", "kind": "count"}])
    found = define(asked, clear(asked, terms).view.sql)
    assert found.population
    assert not re.search(r"\b(t\d+|step_\d+|read_\w+)\b", " ".join(found.population))
    assert compare(found, Earlier("rel-1", found, True)).relation is Relation.SAME


def test_the_branches_of_a_union_are_compared():
    def either(concept):
        return UNION.replace("320128", str(concept))

    def defined(concept):
        terms = terms_in(without_grant())
        asked = request(view={"sql": either(concept)}, statistics=[{"name": "n", "kind": "count"}])
        return define(asked, clear(asked, terms).view.sql)

    assert defined(320128) != defined(201826)
    assert "320128" in str(defined(320128).population)


def released(women, men, half=10):
    cells = [
        {"statistic": "n", "keys": {"sex": sex}, "labels": {"sex": sex}, "value": value, "low": value - half,
         "high": value + half, "too_noisy": False, "drawn": [value]}
        for sex, value in (("female", women), ("male", men))
    ]  # fmt: skip
    return {"statistics": [{"name": "n", "kind": "count", "unit": "people"}], "cells": cells}


def test_small_differences_are_found_on_released_values():
    there = beside(ALL, artefact=released(500, 400))
    (finding,) = guard(sql(OLD), [there], released(490, 200), 10)
    assert finding.outcome is Outcome.LOOK
    assert "only here: person.age_band = '90+'" in finding.sentence
    assert f"1 differences may be of few people, {ON_RELEASED}" in finding.sentence
    (cell,) = finding.cells
    assert (cell["labels"], cell["difference"], cell["half_width"]) == ({"sex": "female"}, 10, 14)
    (large,) = guard(sql(OLD), [there], released(100, 100), 10)
    assert large.outcome is Outcome.NOTHING
    assert ON_RELEASED in large.sentence


def test_other_projects_are_told_to_checkers_only():
    there = beside(ALL, same_project=False, artefact=released(500, 400))
    (desk,) = guard(sql(OLD), [there], released(490, 400), 10)
    assert "rel-1" in desk.sentence
    (author,) = for_author(sql(OLD), [there], released(490, 400), 10)
    assert author.sentence.startswith(ELSEWHERE)
    assert not author.cells
    told = str(author.shown())
    assert "rel-1" not in told
    assert "age_band" not in told
    again = for_author(sql(OLD), [beside(WOMEN, same_project=False)], None, 10)
    assert again == [author]  # the code is fixed: it says nothing about which, how many or what
    assert for_author(sql(OLD), [], released(490, 400), 10) == []
