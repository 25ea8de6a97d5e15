"""An exemption: cited, seconded, approved by three people, in the register; it never makes two cuts of one project."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.jobs.report_person import INCLUDED, report_person
from gateway.models import Exemption, RegisterEntry, Snapshot
from gateway.rules.exemptions import GROUNDS, NOT_FOR_ROWS
from gateway.rules.refusals import Refusal
from gateway.store.queries.views import one
from gateway.vocabulary import Command, ExemptionGround, ExemptionState, RegisterState, Seat, SnapshotState
from tests.factories.gateways import EXEMPTION, Town, approved_project
from tests.factories.refreshing import DATA, PEOPLE, Street, settle_street
from workspaces.catalogue.errors import Invalid

ANNA = PEOPLE[0]
READ = {"reason": "read the letter"}


@pytest.fixture
def street(town: Town, tmp_path: Path) -> Street:
    """Anna has opted out."""
    made = settle_street(town, tmp_path)
    made.opt_out(ANNA)
    return made


def refused(street: Street, name: str, command: Command, subject_id: str, given: Any = None) -> str:
    """The code of the refusal."""
    with pytest.raises(Refusal) as why:
        street.town.do(name, command, subject_id, given)
    return why.value.code


def project_of(street: Street, title: str = "Epilepsy") -> str:
    """Approved, in the register, without records."""
    project_id = approved_project(street.town, data=DATA, title=title)
    street.town.do("ig", Command.PUBLISH_ENTRY, entry(street, project_id).id)
    return project_id


def entry(street: Street, project_id: str) -> RegisterEntry:
    row: RegisterEntry = street.town.read(lambda work: work.find(RegisterEntry, RegisterEntry.project_id == project_id))
    return row


def propose(street: Street, project_id: str, **changes: Any) -> str:
    return street.town.do("ig", Command.PROPOSE_EXEMPTION, project_id, {**EXEMPTION, **changes}).created_id


def let_in(street: Street, project_id: str, **changes: Any) -> str:
    """An exemption in force."""
    exemption_id = propose(street, project_id, **changes)
    street.town.do("ig2", Command.SECOND_EXEMPTION, exemption_id, READ)
    street.town.do("member1", Command.APPROVE_EXEMPTION, exemption_id, READ)
    return exemption_id


def build(street: Street, project_id: str) -> Snapshot:
    snapshot_id = street.town.do("lead", Command.REQUEST_SNAPSHOT, project_id).created_id
    street.work()
    row: Snapshot = street.town.read(lambda work: work.need(Snapshot, snapshot_id))
    if row.state is SnapshotState.BUILT:
        street.town.do("ig", Command.CLEAR_SNAPSHOT, snapshot_id)
    return row


def test_records_under_an_exemption_hold_who_opted_out_and_others_do_not(street: Street) -> None:
    project_id, other = project_of(street), project_of(street, "Falls")
    exemption_id = let_in(street, project_id)
    row = build(street, project_id)
    assert street.inside(project_id) == set(PEOPLE)
    assert (row.exemption_id, row.exempted, row.removed) == (exemption_id, 1, {})
    build(street, other)
    assert street.inside(other) == set(PEOPLE) - {ANNA}
    found = report_person(street.house, actor=street.town.actor("ig"), number=ANNA)
    assert sorted(each["outcome"] for each in found["builds"]) == [INCLUDED, "left out: national opt out"]


def test_the_public_register_says_it_from_the_first_moment(street: Street) -> None:
    project_id = project_of(street)
    before = entry(street, project_id)
    assert before.fields["national_data_optout"] == "Yes"
    exemption_id = let_in(street, project_id)
    after = entry(street, project_id)
    assert (after.state, after.version) == (RegisterState.PUBLISHED, before.version + 1)
    (told,) = after.fields["exemptions"]
    assert after.fields["national_data_optout"] == "No"
    assert "National" not in after.fields["privacy_enhancements"]
    cited = {name: EXEMPTION[name] for name in ("ground", "decided_by", "reference", "decided_on", "expires_on", "why")}
    assert told == {"id": exemption_id, **cited, "in_force_since": "2026-07-01", "ended_on": None}
    street.town.do("ig", Command.END_EXEMPTION, exemption_id, READ)
    assert [each["ended_on"] for each in entry(street, project_id).fields["exemptions"]] == ["2026-07-01"]


def test_a_project_that_is_not_in_the_register_gets_none(street: Street) -> None:
    exemption_id = propose(street, approved_project(street.town, data=DATA))
    street.town.do("ig2", Command.SECOND_EXEMPTION, exemption_id, READ)
    assert refused(street, "member1", Command.APPROVE_EXEMPTION, exemption_id, READ) == "exemption:not_public"


def test_three_people_and_none_of_them_twice_under_any_account(street: Street) -> None:
    exemption_id = propose(street, project_of(street))
    assert refused(street, "ig", Command.SECOND_EXEMPTION, exemption_id, READ) == "exemption:by_you_already"
    assert refused(street, "member1", Command.SECOND_EXEMPTION, exemption_id, READ) == "command:not_your_role"
    street.town.do("ig2", Command.SECOND_EXEMPTION, exemption_id, READ)
    for name in ("ig", "ig2"):  # an officer who sits on the committee as well
        assert refused(street, name, Command.APPROVE_EXEMPTION, exemption_id, READ) == "command:not_your_role"
        street.town.do("system", Command.APPOINT_PERSON, street.town.people[name], {"role": Seat.LAY_MEMBER.value})
        assert refused(street, name, Command.APPROVE_EXEMPTION, exemption_id, READ) == "exemption:by_you_already"
    street.town.do("member1", Command.APPROVE_EXEMPTION, exemption_id, READ)
    row: Exemption = street.town.read(lambda work: work.need(Exemption, exemption_id))
    people = street.town.people
    assert (row.state, row.approved_by) == (ExemptionState.IN_FORCE, people["member1"])
    assert len({row.proposed_by, row.seconded_by, row.approved_by}) == 3


@pytest.mark.parametrize("name", ["lead", "operator", "auditor", "member1", "checker1"])
def test_nobody_else_proposes(street: Street, name: str) -> None:
    with pytest.raises(Refusal):
        street.town.do(name, Command.PROPOSE_EXEMPTION, project_of(street), EXEMPTION)


def test_records_of_one_project_never_come_with_and_without(street: Street) -> None:
    """Who reads both would read off who opted out."""
    project_id = project_of(street)
    waiting = propose(street, project_id)
    street.town.do("ig2", Command.SECOND_EXEMPTION, waiting, READ)
    build(street, project_id)
    assert street.inside(project_id) == set(PEOPLE) - {ANNA}
    assert refused(street, "member1", Command.APPROVE_EXEMPTION, waiting, READ) == "exemption:too_late"
    assert refused(street, "ig", Command.PROPOSE_EXEMPTION, project_id, EXEMPTION) == "exemption:too_late"


@pytest.mark.parametrize("how", ["its day", "an IG officer"])
def test_when_it_ends_nothing_runs_on_what_was_built_under_it(street: Street, how: str) -> None:
    project_id = project_of(street)
    exemption_id = let_in(street, project_id)
    build(street, project_id)
    transfer, _ = street.workspace(project_id)
    if how == "its day":
        street.town.clock.pass_(days=184)  # the first of January
        street.opt_out(ANNA)
    else:
        street.town.do("ig", Command.END_EXEMPTION, exemption_id, READ)
    assert refused(street, "researcher", Command.RUN_JOB, transfer) == "exemption:ended"
    assert refused(street, "lead", Command.REQUEST_SNAPSHOT, project_id) == "exemption:ended"
    street.refresh()
    states = {row.state for row in street.snapshots() if row.project_id == project_id}
    assert states == {SnapshotState.DESTROYED}
    assert refused(street, "lead", Command.REQUEST_SNAPSHOT, project_id) == "exemption:ended"


def test_it_goes_on_with_a_newer_decision(street: Street) -> None:
    project_id = project_of(street)
    street.town.do("ig", Command.END_EXEMPTION, let_in(street, project_id), READ)
    let_in(street, project_id, reference="27/CAG/0002")
    build(street, project_id)
    let_in(street, project_id, expires_on="2027-06-30", reference="27/CAG/0003")
    street.town.clock.pass_(days=184)
    street.opt_out(ANNA)
    street.refresh()
    assert street.inside(project_id) == set(PEOPLE)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"expires_on": "2026-07-01"}, "exemption:too_long"),
        ({"expires_on": "2027-07-03"}, "exemption:too_long"),
        ({"decided_on": "2026-07-02"}, "exemption:not_decided_yet"),
        *(({"ground": name}, "input:invalid") for name in NOT_FOR_ROWS),
        ({"reference": " "}, "input:invalid"),
    ],
)
def test_what_no_exemption_can_rest_on(street: Street, changes: dict[str, str], code: str) -> None:
    with pytest.raises(Invalid) as why:
        propose(street, approved_project(street.town, data=DATA), **changes)
    assert why.value.code == code


def test_every_exemption_of_the_policy_is_valid_for_rows_or_says_why_not() -> None:
    assert set(GROUNDS) == set(ExemptionGround)
    assert not set(NOT_FOR_ROWS) & {ground.value for ground in GROUNDS}
    assert len(GROUNDS) + len(NOT_FOR_ROWS) == 13


def test_how_many_it_let_in_is_for_ig_officers_and_auditors_alone(street: Street) -> None:
    project_id = project_of(street)
    let_in(street, project_id)
    row = build(street, project_id)
    now = street.town.clock()

    def told(name: str) -> int | None:
        actor = street.town.actor(name)
        return street.town.read(lambda work: one(work, actor, row.id, now, 7)).get("exempted")  # type: ignore[no-any-return]

    assert [told(name) for name in ("ig", "auditor", "lead")] == [1, 1, None]


def test_an_expired_proposal_is_not_let_in(street: Street) -> None:
    exemption_id = propose(street, project_of(street), expires_on="2026-07-03")
    street.town.clock.now += timedelta(days=3)
    assert refused(street, "ig2", Command.SECOND_EXEMPTION, exemption_id, READ) == "exemption:expired"
    street.town.do("ig2", Command.REFUSE_EXEMPTION, exemption_id, READ)
