"""Who is what on which subject: a table that a governance officer can read."""

from datetime import UTC, datetime

import pytest

from gateway.models import Membership, Pool, Project, Release
from gateway.rules.facts import SYSTEM, Actor, Facts
from gateway.rules.roles import roles_on
from gateway.vocabulary import Noun, ProjectState, ReleaseState, Role, Seat

NOW = datetime(2026, 7, 1, tzinfo=UTC)
POOL = Pool(id="pool-1", name="London", public_population=1, epsilon_micro=1, delta_e15=1)
PROJECT = Project(id="prj-1", pool_id="pool-1", title="t", created_at=NOW)
MEMBERS = (
    Membership(project_id="prj-1", person_id="lead", leads=True),
    Membership(project_id="prj-1", person_id="member"),
)


def project_facts() -> Facts:
    return Facts(Noun.PROJECT, "prj-1", ProjectState.SUBMITTED, NOW, 7, POOL, project=PROJECT, members=MEMBERS)


def release_facts(author: str, elsewhere: frozenset[str] = frozenset()) -> Facts:
    release = Release(project_id="prj-1", author_id=author, title="t", request={}, request_digest="d", created_at=NOW)
    return Facts(
        Noun.RELEASE,
        "rel-1",
        ReleaseState.SUBMITTED,
        NOW,
        7,
        POOL,
        project=PROJECT,
        members=MEMBERS,
        release=release,
        people_with_workspaces=elsewhere,
    )


ON_A_PROJECT = [
    # person, seats held, roles on the project beside being signed in
    ("lead", {Seat.RESEARCHER}, {Role.RESEARCHER, Role.MEMBER, Role.LEAD}),
    ("lead", set(), set()),  # a lapsed accreditation ends access by itself
    ("member", {Seat.RESEARCHER}, {Role.RESEARCHER, Role.MEMBER}),
    ("member", {Seat.RESEARCHER, Seat.COMMITTEE_MEMBER}, {Role.RESEARCHER, Role.MEMBER}),
    ("member", {Seat.IG_OFFICER}, set()),
    ("other", {Seat.RESEARCHER}, {Role.RESEARCHER}),
    ("other", {Seat.COMMITTEE_MEMBER}, {Role.COMMITTEE_MEMBER}),
    ("other", {Seat.LAY_MEMBER}, {Role.COMMITTEE_MEMBER}),
    ("other", {Seat.IG_OFFICER}, {Role.IG_OFFICER}),
    ("other", {Seat.OPERATOR}, {Role.OPERATOR}),
    ("other", {Seat.AUDITOR}, {Role.AUDITOR}),
]


@pytest.mark.parametrize(("person", "seats", "roles"), ON_A_PROJECT)
def test_roles_on_a_project(person: str, seats: set[Seat], roles: set[Role]) -> None:
    assert roles_on(Actor(person, person, frozenset(seats)), project_facts()) == roles | {Role.SIGNED_IN}


ON_A_RELEASE = [
    # person, author of the release, has a workspace on the pool, is a checker of it
    ("other", "member", False, True),
    ("other", "other", False, False),
    ("member", "lead", False, False),
    ("other", "member", True, False),
]


@pytest.mark.parametrize(("person", "author", "has_workspace", "checks"), ON_A_RELEASE)
def test_a_checker_knows_nothing_exact_and_never_checks_own_output(
    person: str, author: str, has_workspace: bool, checks: bool
) -> None:
    actor = Actor(person, person, frozenset({Seat.OUTPUT_CHECKER, Seat.RESEARCHER}))
    facts = release_facts(author, frozenset({person}) if has_workspace else frozenset())
    assert (Role.OUTPUT_CHECKER in roles_on(actor, facts)) is checks


def test_the_system_is_nothing_but_the_system() -> None:
    assert roles_on(SYSTEM, project_facts()) == {Role.SYSTEM}
