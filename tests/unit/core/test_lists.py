"""Long lists: a page at a time is the whole list, and what waits is found without looking at everything."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from gateway.rules.roles import roles_on
from gateway.rules.transitions import states_open_to
from gateway.rules.visibility import may_see
from gateway.store.ahead import Ahead
from gateway.store.queries import lists, views
from gateway.store.queries.facts import TABLES, facts_of
from gateway.store.queries.reach import Place
from gateway.store.queries.view_parts import View
from gateway.vocabulary import Command, Noun, ReleaseState, Role
from gateway.web.actions import may
from gateway.web.home import WAITING
from tests.factories.gateways import (
    EXEMPTION,
    REQUEST,
    Town,
    application,
    approved_project,
    cleared_snapshot,
    sealed_release,
    settle_town,
    submitted_release,
)
from workspaces.catalogue.errors import Invalid

DAYS = 7
PEOPLE = ("lead", "researcher", "outsider", "member1", "member2", "checker1", "checker2", "ig", "operator", "auditor")


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Projects and releases in several states, some of them drafts."""
    town = settle_town(tmp_path_factory.mktemp("busy"))
    for number in range(3):
        town.clock.pass_(minutes=number % 2)  # some begin in the same moment
        project_id = approved_project(town, epsilon="1")
        town.do("ig", Command.PROPOSE_EXEMPTION, project_id, EXEMPTION)
        cleared_snapshot(town, project_id, f"L{number}")
        for each in range(number + 1):
            submitted_release(town, project_id, {**REQUEST, "title": f"{number} {each}", "epsilon": "0.1"})
        draft = {"request": {**REQUEST, "title": f"draft {number}", "epsilon": "0.1"}}
        town.do("lead", Command.DRAFT_RELEASE, project_id, draft)
    town.do("lead", Command.DRAFT_PROJECT, town.pool_id, application(title="Not yet sent"))
    town.do("lead", Command.OPEN_WORKSPACE, project_id)
    held = {"kind": "IG_TRAINING", "reference": "T-1", "issued_on": "2026-06-01"}
    town.do("lead", Command.PRESENT_CERTIFICATE, town.people["lead"], held)
    yield town
    town.gateway.unit.dispose()


def brute(town: Town, name: str, noun: Noun) -> set[str]:
    """The ids that the rules let somebody see, each row judged."""
    actor = town.actor(name)
    with town.gateway.unit.reading() as work:
        rows = work.all(TABLES[noun])
        facts = {row.id: facts_of(work, row, town.clock(), DAYS, actor.accounts) for row in rows}
    return {id_ for id_, seen in facts.items() if may_see(roles_on(actor, seen), seen)}


def pages(town: Town, name: str, noun: Noun, limit: int) -> list[View]:
    """A whole list, a page at a time."""
    found: list[View] = []
    before: Place | None = None
    for _ in range(100):
        with town.gateway.unit.reading() as work:
            page = lists.page(work, town.actor(name), noun, town.clock(), DAYS, before=before, limit=limit)
        assert len(page.rows) <= limit
        found += page.rows
        if page.older is None:
            return found
        assert len(page.rows) == limit, "a page that is not full is the last"
        before = Place.read(str(page.older))
    raise AssertionError("the list never ends")


@pytest.mark.parametrize("noun", Noun)
def test_pages_are_the_whole_list_and_nothing_else(busy: Town, noun: Noun) -> None:
    seen = 0
    for name in PEOPLE:
        expected = brute(busy, name, noun)
        found = [view["id"] for view in pages(busy, name, noun, 2)]
        assert found == [view["id"] for view in pages(busy, name, noun, 50)]
        assert set(found) == expected
        assert len(found) == len(expected)
        with busy.gateway.unit.reading() as work:
            assert {view["id"] for view in views.many(work, busy.actor(name), noun, busy.clock(), DAYS)} == expected
        seen += len(expected)
    assert seen or noun in {Noun.TRANSFER, Noun.JOB, Noun.ERASURE_ORDER, Noun.REFRESH}


def test_the_newest_come_first(busy: Town) -> None:
    dates = [view["created_at"] for view in pages(busy, "auditor", Noun.RELEASE, 2)]
    assert len(dates) >= 9
    assert dates == sorted(dates, reverse=True)


@pytest.mark.parametrize("name", PEOPLE)
def test_what_waits_is_what_the_whole_list_offers(busy: Town, name: str) -> None:
    for noun in {kind.noun for kind in WAITING}:
        commands = [kind.command for kind in WAITING if kind.noun is noun]
        with busy.gateway.unit.reading() as work:
            found = lists.waiting(work, busy.actor(name), noun, commands, busy.clock(), DAYS)
            whole = views.many(work, busy.actor(name), noun, busy.clock(), DAYS)
        offered = [
            [view["id"] for view in of if any(may(view, command) for command in commands)] for of in (found, whole)
        ]
        assert offered[0] == offered[1]


def test_what_is_done_with_is_not_looked_at_again(busy: Town) -> None:
    project_id = approved_project(busy, epsilon="1")
    cleared_snapshot(busy, project_id, "L9")
    sealed = sealed_release(busy, project_id)
    with busy.gateway.unit.reading() as work:
        ahead = Ahead(work)
        reviewed = lists.waiting(
            ahead, busy.actor("checker1"), Noun.RELEASE, [Command.REVIEW_RELEASE], busy.clock(), DAYS
        )
    assert [view["id"] for view in reviewed] == [sealed]
    assert reviewed[0]["state"] == ReleaseState.SEALED.value


@pytest.mark.parametrize(
    "text", ["", "x", "2026-01-01", "2026-01-01T00:00:00~rel-1", "~", "2026-01-01T00:00:00Z~é", "0~1"]
)
def test_a_place_that_is_none_is_said_so(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        Place.read(text)
    assert caught.value.code == "list:unknown_place"


def test_states_that_wait_for_a_seat() -> None:
    open_to = states_open_to([Command.REVIEW_RELEASE], frozenset({Role.OUTPUT_CHECKER}))
    assert ReleaseState.SEALED in open_to
    assert ReleaseState.RELEASED not in open_to
    assert states_open_to([Command.REVIEW_RELEASE], frozenset({Role.MEMBER})) == frozenset()


def test_a_place_is_read_as_it_is_written() -> None:
    place = Place(datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC), "rel-ab12")
    assert Place.read(str(place)) == place
