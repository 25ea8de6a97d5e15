"""What people must hold: a lapse suspends by itself, a renewal restores, warnings go out before."""

from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.jobs.house import House
from gateway.jobs.warn_of_lapses import warn_of_lapses
from gateway.models import AccessTerms, AuditEvent, Certificate, Notice
from gateway.rules.certificates import KINDS, Stand, last_day, standing, version_in_force, warning_due
from gateway.rules.refusals import Refusal
from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
from gateway.store.queries import views
from gateway.vocabulary import CertificateState, Command, Event, Seat
from tests.factories.gateways import SECRET, approved_project
from workspaces.catalogue.errors import Invalid

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)


def certificate(kind="IG_TRAINING", state="ACCEPTED", issued="2026-01-01", ends="2027-01-01", **changes):
    given = {"person_id": "p", "reference": "1", "presented_at": NOW, "kind": kind, **changes}
    days = {"issued_on": date.fromisoformat(issued), "ends_on": date.fromisoformat(ends) if ends else None}
    return Certificate(state=CertificateState(state), **given, **days)


STANDS = [
    ([], Stand.MISSING),
    ([certificate()], Stand.HELD),
    ([certificate(ends="2026-08-15")], Stand.ENDS_SOON),
    ([certificate(ends="2026-07-01")], Stand.ENDS_SOON),  # the last day counts
    ([certificate(ends="2026-06-30")], Stand.LAPSED),
    ([certificate(state="PRESENTED")], Stand.CHECKING),
    ([certificate(state="REFUSED")], Stand.MISSING),
    ([certificate(state="REVOKED")], Stand.MISSING),
    ([certificate(issued="2026-07-02")], Stand.LAPSED),  # not begun
    ([certificate(ends="2026-06-30"), certificate()], Stand.HELD),  # renewed
    ([certificate(ends="2026-06-30"), certificate(state="PRESENTED")], Stand.CHECKING),
    ([certificate(kind="ONS_ACCREDITED")], Stand.MISSING),
]


@pytest.mark.parametrize(("held", "expected"), STANDS)
def test_how_somebody_stands(held, expected):
    assert standing("IG_TRAINING", held, None, NOW).stand is expected


@pytest.mark.parametrize(
    ("version", "expected"), [(1, Stand.HELD), (2, Stand.HELD), (3, Stand.LAPSED), (None, Stand.LAPSED)]
)
def test_an_agreement_counts_for_its_version(version, expected):
    held = [certificate(kind="AGREEMENT", ends=None, reference="2")]
    assert standing("AGREEMENT", held, version, NOW).stand is expected


def test_the_version_in_force_is_the_newest_that_has_begun():
    terms = [
        AccessTerms(version=number, text="t", digest="d", published_at=NOW, in_force_from=NOW + timedelta(days=days))
        for number, days in ((1, -9), (2, 0), (3, 1))
    ]
    assert version_in_force(terms, NOW) == 2
    assert version_in_force([], NOW) is None


@pytest.mark.parametrize(
    ("kind", "issued", "said", "ends"),
    [
        ("ONS_ACCREDITED", "2024-02-29", None, "2029-02-28"),
        ("ONS_ACCREDITED", "2026-01-01", None, "2031-01-01"),
        ("IG_TRAINING", "2026-01-01", "2040-01-01", "2027-01-01"),  # never longer than the kind lasts
        ("IG_TRAINING", "2026-01-01", "2026-03-01", "2026-03-01"),
        ("CONTRACT", "2026-01-01", "2028-03-01", "2028-03-01"),
    ],
)
def test_the_last_day(kind, issued, said, ends):
    asked = date.fromisoformat(said) if said else None
    assert last_day(KINDS[kind], date.fromisoformat(issued), asked) == date.fromisoformat(ends)


@pytest.mark.parametrize(
    ("left", "told", "due"), [(61, None, None), (60, None, 60), (60, 60, None), (30, 60, 30), (8, 30, None), (0, 7, 0)]
)
def test_a_warning_goes_out_once_at_each_mark(left, told, due):
    ends = (NOW + timedelta(days=left)).date().isoformat()
    assert warning_due(certificate(ends=ends, warned_days=told), NOW.date()) == due


def hold(town, name, kind="IG_TRAINING", **changes):
    """Presented by somebody and accepted."""
    given = {"kind": kind, "reference": "T-1", "issued_on": town.clock().date().isoformat(), **changes}
    made = town.do(name, Command.PRESENT_CERTIFICATE, town.people[name], given).created_id
    town.do("ig", Command.ACCEPT_CERTIFICATE, made)
    return made


def demand(town, kind="IG_TRAINING", seat=Seat.RESEARCHER):
    town.do("ig", Command.REQUIRE_CERTIFICATE, town.pool_id, {"kind": kind, "seat": seat.value})


def project_seen_by(town, name, project):
    return town.read(lambda work: views.one(work, town.actor(name), project, town.clock(), 7))


def test_a_lapse_suspends_by_itself_and_a_renewal_restores(town):
    project = approved_project(town)
    hold(town, "lead")
    demand(town)
    assert project_seen_by(town, "lead", project)["title"]
    town.clock.pass_(days=366)
    assert town.actor("lead").suspended == {Seat.RESEARCHER}
    with pytest.raises(Refusal, match="subject:unknown"):
        project_seen_by(town, "lead", project)
    with pytest.raises(Refusal, match="subject:unknown"):
        town.do("lead", Command.REQUEST_SNAPSHOT, project)
    hold(town, "lead")
    assert town.actor("lead").suspended == frozenset()
    assert project_seen_by(town, "lead", project)["title"]


def test_a_project_proposes_members_and_accreditation_decides(town):
    project = approved_project(town)
    hold(town, "lead")
    demand(town)
    shown = {each["name"]: each["lacks"] for each in project_seen_by(town, "lead", project)["members"]}
    assert shown == {"Lead": [], "Researcher": [KINDS["IG_TRAINING"].title]}
    with pytest.raises(Refusal, match="subject:unknown"):
        project_seen_by(town, "researcher", project)


def test_what_is_no_longer_demanded_suspends_nobody(town):
    demand(town)
    assert town.actor("lead").suspended
    town.do("ig", Command.WAIVE_CERTIFICATE, town.pool_id, {"kind": "IG_TRAINING", "seat": "RESEARCHER"})
    assert not town.actor("lead").suspended


def test_a_demand_may_be_announced(town):
    since = (town.clock() + timedelta(days=30)).isoformat()
    given = {"kind": "IG_TRAINING", "seat": "RESEARCHER", "since": since}
    town.do("ig", Command.REQUIRE_CERTIFICATE, town.pool_id, given)
    assert not town.actor("lead").suspended
    town.clock.pass_(days=31)
    assert town.actor("lead").suspended


@pytest.mark.parametrize("seat", [Seat.IG_OFFICER, Seat.OPERATOR, Seat.AUDITOR])
def test_who_keeps_the_gate_is_not_locked_out_by_it(town, seat):
    with pytest.raises(Invalid, match="certificate:seat"):
        demand(town, seat=seat)


def test_a_conflict_of_interest_outlives_a_lapse(town):
    """Who belongs to a project and lost their seat as a researcher does not come back as its committee."""
    project = town.do("lead", Command.DRAFT_PROJECT, town.pool_id, {**_draft()}).created_id
    town.do("lead", Command.SUBMIT_PROJECT, project)
    town.do("operator", Command.APPOINT_PERSON, town.people["lead"], {"role": "COMMITTEE_MEMBER"})
    demand(town)
    with pytest.raises(Refusal):
        town.do("lead", Command.CAST_VOTE, project, {"verdict": "APPROVE", "reason": "mine"})


def _draft():
    from tests.factories.gateways import application

    return application()


def test_nobody_accepts_their_own(town):
    given = {"kind": "IG_TRAINING", "reference": "T-1", "issued_on": "2026-06-01"}
    made = town.do("ig", Command.PRESENT_CERTIFICATE, town.people["ig"], given).created_id
    with pytest.raises(Refusal, match="certificate:yours"):
        town.do("ig", Command.ACCEPT_CERTIFICATE, made)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"kind": "NONSENSE"}, "certificate:kind"),
        ({"kind": "AGREEMENT"}, "certificate:kind"),  # accepted on its page, never presented
        ({"issued_on": "2026-07-02"}, "certificate:issued_on"),
        ({"issued_on": "2020-07-02"}, "certificate:ended"),
        ({"kind": "CONTRACT"}, "certificate:ends_on"),
        ({"kind": "DSPT"}, "certificate:no_organisation"),
    ],
)
def test_what_cannot_be_presented(town, given, code):
    whole = {"kind": "IG_TRAINING", "reference": "T-1", "issued_on": "2026-06-01", **given}
    with pytest.raises(Invalid, match=code):
        town.do("lead", Command.PRESENT_CERTIFICATE, town.people["lead"], whole)


def of_institute(town, *names):
    for name in names:
        who = {"issuer": "test", "subject": name, "name": name.title(), "email": f"{name}@example.org"}
        town.do("system", Command.WELCOME_PERSON, town.pool_id, {**who, "organisation": "Institute"})


def test_what_an_organisation_holds_covers_everybody_there(town):
    of_institute(town, "lead", "researcher")
    demand(town, "DSPT")
    hold(town, "lead", "DSPT")
    assert not town.actor("researcher").suspended
    assert town.actor("outsider").suspended


def test_terms_are_accepted_by_the_person_signed_by_the_official_and_anew_with_each_version(town):
    of_institute(town, "lead", "researcher", "outsider")
    demand(town, "AGREEMENT")
    demand(town, "ORGANISATION_AGREEMENT")
    town.do("operator", Command.APPOINT_PERSON, town.people["outsider"], {"role": "SIGNATORY"})
    first = town.do("ig", Command.PUBLISH_TERMS, town.pool_id, {"text": "Do no harm."}).returned["version"]
    with pytest.raises(Refusal, match="command:not_your_role"):
        town.do("lead", Command.SIGN_TERMS, town.people["lead"], {"version": first})
    town.do("lead", Command.ACCEPT_TERMS, town.people["lead"], {"version": first})
    assert town.actor("lead").suspended
    town.do("outsider", Command.SIGN_TERMS, town.people["outsider"], {"version": first})
    assert not town.actor("lead").suspended
    assert town.actor("researcher").suspended  # has not accepted
    town.do("ig", Command.PUBLISH_TERMS, town.pool_id, {"text": "Do no harm, and say so."})
    assert town.actor("lead").suspended
    with pytest.raises(Invalid, match="terms:version"):
        town.do("lead", Command.ACCEPT_TERMS, town.people["lead"], {"version": first})


def test_warnings_go_to_the_outbox_once(town, tmp_path):
    made = hold(town, "lead")
    house = House(town.gateway, LocalObjects(tmp_path / "o"), Keys(tmp_path / "k", SECRET))
    for days, expected in ((0, 0), (310, 1), (1, 1), (30, 2)):
        town.clock.pass_(days=days)
        warn_of_lapses(house)
        warned = Notice.event == Event.CERTIFICATE_WARNED.value
        found = town.read(lambda work, which=warned: work.all(Notice, which))
        assert [(row.person_id, row.subject_id) for row in found] == [(town.people["lead"], made)] * expected
    rows = town.read(lambda work: work.all(AuditEvent, AuditEvent.event == Event.CERTIFICATE_WARNED.value))
    assert [row.reason for row in rows] == ["IG_TRAINING: 60 days", "IG_TRAINING: 30 days"]


def test_only_oneself_and_accreditation_see_what_somebody_holds(town):
    made = hold(town, "lead")
    for name, sees in (("lead", True), ("ig", True), ("auditor", True), ("researcher", False), ("operator", False)):
        if sees:
            assert project_seen_by(town, name, made)["title"] == KINDS["IG_TRAINING"].title
        else:
            with pytest.raises(Refusal, match="subject:unknown"):
                project_seen_by(town, name, made)
