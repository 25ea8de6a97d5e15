"""One human with two accounts: each conflict of interest counts for both, and an unverified address gives nothing.

What tells that two accounts are one human is the mailbox that the provider verified (however it is spelt) or the
provider's own name for them. Two mailboxes of which nothing says that they are one person's stay two people.
"""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.models import AuditEvent
from gateway.rules.refusals import Refusal
from gateway.vocabulary import Command, Seat
from gateway.web.sign_in import verified_email
from tests.factories.gateways import Town, active_list, application, approved_project, cleared_snapshot, sealed_release

APPROVE = {"verdict": "APPROVE", "reason": "nothing stands out"}
SPELT = {
    "the same address": {"email": "{name}@example.org"},
    "in capitals": {"email": "{name}@EXAMPLE.org"},
    "with a tag": {"email": "{name}+checker@example.org"},
    "in wide letters": {"email": "\uff52\uff45\uff53earcher@example.org"},
    "with blanks": {"email": "  {name}@example.org "},
    "of one name at a provider that moved": {"email": "other@example.net", "issuer": "moved", "subject": "{name}"},
}


def second(town: Town, name: str, *seats: Seat, spelt: str = "the same address") -> str:
    """Another account of the same human, with seats of its own."""
    shape = {key: value.format(name=name) for key, value in SPELT[spelt].items()}
    who = {"issuer": "test", "subject": f"{name} again", "name": "Somebody Else", **shape}
    town.people["again"] = town.do("system", Command.WELCOME_PERSON, town.pool_id, who).created_id
    for seat in seats:
        town.do("system", Command.APPOINT_PERSON, town.people["again"], {"role": seat.value})
    return town.people["again"]


def refused(do: Callable[[], Any]) -> str:
    with pytest.raises(Refusal) as why:
        do()
    return why.value.code


@pytest.mark.parametrize("spelt", list(SPELT))
def test_a_member_never_checks_their_own_output_by_another_account(town: Town, spelt: str) -> None:
    project = approved_project(town)
    cleared_snapshot(town, project)
    release = sealed_release(town, project)
    second(town, "researcher", Seat.OUTPUT_CHECKER, spelt=spelt)
    for command, given in ((Command.VIEW_ARTEFACT, None), (Command.REVIEW_RELEASE, APPROVE)):
        assert refused(lambda c=command, g=given: town.do("again", c, release, g)) == "subject:unknown"
    town.do("checker1", Command.REVIEW_RELEASE, release, APPROVE)  # somebody who is not a member may


def test_nobody_checks_on_a_pool_where_their_other_account_has_a_workspace(town: Town) -> None:
    project = approved_project(town)
    cleared_snapshot(town, project)
    release = sealed_release(town, project)
    theirs = town.do("outsider", Command.DRAFT_PROJECT, town.pool_id, application(members=[])).created_id
    town.do("outsider", Command.SUBMIT_PROJECT, theirs)
    for name in ("member1", "member2", "lay"):
        town.do(name, Command.CAST_VOTE, theirs, APPROVE)
    snapshot = town.do("outsider", Command.REQUEST_SNAPSHOT, theirs).created_id
    town.do("system", Command.BEGIN_SNAPSHOT, snapshot)
    built = {"cut_date": "2026-06-30", "manifest_digest": "m", "commitment": "c", "nonce": "n", "people": 9}
    town.do("system", Command.COMPLETE_SNAPSHOT, snapshot, built)
    town.do("ig", Command.CLEAR_SNAPSHOT, snapshot)
    second(town, "outsider", Seat.OUTPUT_CHECKER)
    assert "OUTPUT_CHECKER" in town.actor("again").appointments
    town.do("again", Command.VIEW_ARTEFACT, release)
    town.do("outsider", Command.OPEN_WORKSPACE, theirs)
    assert refused(lambda: town.do("again", Command.VIEW_ARTEFACT, release)) == "subject:unknown"


def test_nobody_reviews_or_votes_twice_by_two_accounts(town: Town) -> None:
    project = town.do("lead", Command.DRAFT_PROJECT, town.pool_id, application()).created_id
    town.do("lead", Command.SUBMIT_PROJECT, project)
    town.do("member1", Command.CAST_VOTE, project, APPROVE)
    second(town, "member1", Seat.COMMITTEE_MEMBER)
    assert refused(lambda: town.do("again", Command.CAST_VOTE, project, APPROVE)) == "vote:already_cast"
    approved = approved_project(town)
    cleared_snapshot(town, approved)
    release = sealed_release(town, approved)
    town.do("checker1", Command.REVIEW_RELEASE, release, APPROVE)
    second(town, "checker1", Seat.OUTPUT_CHECKER)
    assert refused(lambda: town.do("again", Command.REVIEW_RELEASE, release, APPROVE)) == "review:already_given"


@pytest.mark.parametrize("seat", [Seat.COMMITTEE_MEMBER, Seat.LAY_MEMBER, Seat.IG_OFFICER])
def test_nobody_decides_on_their_own_project_by_another_account(town: Town, seat: Seat) -> None:
    active_list(town)
    project = town.do("lead", Command.DRAFT_PROJECT, town.pool_id, application()).created_id
    town.do("lead", Command.SUBMIT_PROJECT, project)
    second(town, "lead", seat)
    command = Command.SUSPEND_PROJECT if seat is Seat.IG_OFFICER else Command.CAST_VOTE
    assert refused(lambda: town.do("again", command, project, APPROVE)) == "subject:unknown"


def test_an_operator_does_not_appoint_their_other_account(town: Town) -> None:
    other = second(town, "operator")
    given = {"role": Seat.OUTPUT_CHECKER.value}
    assert refused(lambda: town.do("operator", Command.APPOINT_PERSON, other, given)) == "person:yourself"


def test_another_account_gives_nothing(town: Town) -> None:
    """It is no member: what the first one may see, the second one may not."""
    project = approved_project(town)
    second(town, "lead", Seat.RESEARCHER)
    assert refused(lambda: town.do("again", Command.REQUEST_SNAPSHOT, project)) == "subject:unknown"


def test_the_log_names_the_other_account(town: Town) -> None:
    second(town, "lead")
    rows = town.read(lambda work: work.all(AuditEvent, AuditEvent.event == "person:welcomed"))
    assert [row.reason for row in rows][-1] == town.people["lead"]
    assert {row.reason for row in rows[:-1]} == {""}


def test_strangers_stay_strangers(town: Town) -> None:
    assert {town.actor(name).others for name in town.people} == {frozenset()}


@pytest.mark.parametrize(
    ("said", "kept"),
    [(None, True), (True, True), ("true", True), (False, False), ("false", False), ("no", False), (0, False)],
)
def test_an_address_that_nobody_verified_is_none(said: Any, kept: bool) -> None:
    """Else whoever may type an address at the provider is named in a project in the place of its owner."""
    claims = {"email": "lead@example.org"} | ({} if said is None else {"email_verified": said})
    assert verified_email(claims) == ("lead@example.org" if kept else "")
