"""Figures for anybody: median and 90th percentile, the budget; and SATRE, of which every answer can be followed."""

import re
from pathlib import Path

import pytest

from gateway.rules.satre import PILLARS, STATEMENTS, Rests
from gateway.store.queries import public_figures
from gateway.store.queries.public_figures import RECORDS, percentile
from gateway.vocabulary import Command
from tests.factories.gateways import active_list, application, approved_project
from tests.factories.sites import open_site

TESTS = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [([], 50, None), ([3], 90, 3), ([5, 1, 3], 50, 3), (range(1, 11), 50, 5), (range(1, 11), 90, 9), ([1, 9], 90, 9)],
)
def test_a_percentile_is_a_value_that_was_there(values, percent, expected):
    assert percentile(list(values), percent) == expected


def decided_after(town, **span):
    project = town.do("lead", Command.DRAFT_PROJECT, town.pool_id, application(epsilon="0.1")).created_id
    town.do("lead", Command.SUBMIT_PROJECT, project)
    town.clock.pass_(**span)
    for name in ("member1", "member2", "lay"):
        town.do(name, Command.CAST_VOTE, project, {"verdict": "APPROVE", "reason": "yes"})


def test_turnaround_is_in_working_days(town):
    for days in (1, 7, 14):
        decided_after(town, days=days)
    told = town.read(public_figures.turnaround)
    assert told["committee"] == {"decided": 3, "median": 5, "p90": 10}
    assert told["checking"] == {"decided": 0, "median": None, "p90": None}


def test_what_projects_hold_is_taken_from_what_is_left(town):
    before = town.read(public_figures.pool_budget)
    approved_project(town)
    after = town.read(public_figures.pool_budget)
    assert after["reserved_micro_rho"] > 0
    assert after["left_micro_rho"] == before["left_micro_rho"] - after["reserved_micro_rho"]


def test_of_a_list_of_opt_outs_only_its_day_is_told(town):
    active_list(town)
    told = town.read(lambda work: public_figures.opt_out_standing(work, town.gateway.settings))
    assert told == {"list_date": "2026-07-01", "max_age_days": 7}


def test_satre_has_80_statements_each_with_something_to_follow():
    assert [len(rows) for _, rows in PILLARS] == [35, 25, 16, 4]
    assert len({each.number for each in STATEMENTS}) == len(STATEMENTS) == 80
    for each in STATEMENTS:
        if each.rests is Rests.TEST:
            file, name = each.on.split("::")
            assert re.search(rf"^\s*(async )?def {name}\(", (TESTS / file).read_text(encoding="utf-8"), re.M), each
        elif each.rests is Rests.RECORD:
            assert each.on in RECORDS, each
        else:
            assert each.on.endswith("."), each
    assert {each.on for each in STATEMENTS if each.rests is Rests.RECORD} == set(RECORDS)


def scores(town):
    told = town.read(lambda work: public_figures.satre(work, town.gateway.settings, town.clock()))
    return told, {each["number"]: each["score"] for pillar in told["pillars"] for each in pillar["statements"]}


def test_the_score_is_alive(town):
    told, before = scores(town)
    assert told["met"] + told["gaps"] == 80
    assert (before["1.5.01"], before["1.2.02"], before["3.2.04"], before["4.6.01"]) == (0, 0, 1, 0)
    town.do("ig", Command.REQUIRE_CERTIFICATE, town.pool_id, {"kind": "IG_TRAINING", "seat": "RESEARCHER"})
    town.do("ig", Command.PUBLISH_TERMS, town.pool_id, {"text": "Do no harm."})
    later, after = scores(town)
    assert (after["1.5.01"], after["1.2.02"]) == (1, 1)
    assert later["met"] == told["met"] + 3  # what is demanded answers two statements


def test_anybody_sees_the_pages(tmp_path):
    site = open_site(tmp_path)
    for path in ("/figures", "/satre", "/api/v1/figures", "/api/v1/satre"):
        assert site.client().get(path).status_code == 200, path
    page = site.client().get("/satre").text
    assert page.count("<tr") >= 80
    site.town.gateway.unit.dispose()
