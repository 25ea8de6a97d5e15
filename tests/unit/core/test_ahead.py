"""Lists ask the database as often for many subjects as for few, and say of each what its own page says."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from gateway.models import Membership, Person
from gateway.store.ahead import Ahead
from gateway.store.queries import views
from gateway.store.queries.facts import MEMBERS, TABLES, all_facts_of, facts_of
from gateway.store.queries.view_parts import View
from gateway.vocabulary import Command, Noun
from tests.factories.gateways import REQUEST, Town, application, approved_project, cleared_snapshot, submitted_release

DAYS = 7
NOUNS = (Noun.PROJECT, Noun.RELEASE, Noun.SNAPSHOT, Noun.REGISTER_ENTRY, Noun.OPT_OUT_LIST, Noun.PERSON)
PEOPLE = ("lead", "researcher", "outsider", "member1", "checker1", "ig", "operator", "auditor")


def filled(town: Town, releases: int) -> None:
    project_id = approved_project(town, epsilon="1")
    cleared_snapshot(town, project_id, f"L{len(listed(town, 'ig', Noun.OPT_OUT_LIST))}")
    for number in range(releases):
        submitted_release(town, project_id, {**REQUEST, "title": f"Question {number}", "epsilon": "0.1"})


@contextmanager
def counted(town: Town) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        asked.append(statement)

    engine = town.gateway.unit.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def listed(town: Town, name: str, noun: Noun) -> list[View]:
    actor = town.actor(name)
    return town.read(lambda work: views.many(work, actor, noun, town.clock(), DAYS))


@pytest.mark.parametrize("noun", [Noun.PROJECT, Noun.RELEASE])
def test_a_longer_list_takes_no_more_questions(town: Town, noun: Noun) -> None:
    asked = []
    for _ in range(2):
        filled(town, 3)
        for name in ("checker1", "ig", "lead"):
            with counted(town) as statements:
                assert listed(town, name, noun) or name == "checker1"
            asked.append(len(statements))
    assert asked[:3] == asked[3:]
    assert max(asked) < 28


@pytest.mark.parametrize("demanded", [False, True])
def test_more_people_take_no_more_questions(town: Town, demanded: bool) -> None:
    project_id = town.do("lead", Command.DRAFT_PROJECT, town.pool_id, application()).created_id
    if demanded:
        town.do("ig", Command.REQUIRE_CERTIFICATE, town.pool_id, {"kind": "IG_TRAINING", "seat": "RESEARCHER"})
    asked = []
    for who in ("outsider", "checker1"):
        with town.gateway.unit.writing() as work:
            work.need(Person, town.people[who]).organisation = f"Organisation of {who}"
            work.add(Membership(project_id=project_id, person_id=town.people[who]))
        with counted(town) as statements:
            (view,) = listed(town, "auditor", Noun.PROJECT)
        assert [bool(each["lacks"]) for each in view["members"]] == [demanded] * len(view["members"])
        asked.append(len(statements))
    assert asked[0] == asked[1]


@pytest.mark.parametrize("name", PEOPLE)
def test_a_list_says_what_pages_say_and_hides_what_they_hide(town: Town, name: str) -> None:
    filled(town, 2)
    filled(town, 1)
    actor, seen = town.actor(name), 0
    for noun in NOUNS:
        for view in listed(town, name, noun):
            own = town.read(lambda work, id_=view["id"]: views.one(work, actor, id_, town.clock(), DAYS))
            assert view == own
            seen += 1
    expected = {"outsider": 1, "checker1": 3 + 1}  # themselves; for a checker three releases as well
    assert seen == expected.get(name, seen)
    assert seen


def test_facts_of_many_are_those_of_each(town: Town) -> None:
    filled(town, 2)
    everybody = frozenset(town.actor(name).person_id for name in PEOPLE)
    with town.gateway.unit.reading() as work:
        for noun in NOUNS:
            subjects = work.all(TABLES[noun])
            together = all_facts_of(Ahead(work), noun, subjects, town.clock(), DAYS, everybody)
            assert together == [facts_of(work, each, town.clock(), DAYS, everybody) for each in subjects]


def test_what_was_not_loaded_is_asked_for(town: Town) -> None:
    filled(town, 1)
    with town.gateway.unit.reading() as work:
        (project,) = work.all(TABLES[Noun.PROJECT])
        ahead = Ahead(work)
        ahead.load(MEMBERS, ["prj-nobody"])
        assert ahead.of(MEMBERS, "prj-nobody") == []
        assert len(ahead.of(MEMBERS, project.id)) == 2
