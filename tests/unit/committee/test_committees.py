"""Committees as data: rule sets as tables of cases, interests declared first, conditions that become limits."""

from datetime import UTC, datetime

import pytest

from gateway.models import Grant, Project, Vote
from gateway.rules.committees import COMMITTEES, outcome, read
from gateway.rules.conditions import Condition, Control, applied, is_sound
from gateway.rules.refusals import Refusal
from gateway.store.queries import views
from gateway.vocabulary import Command, Verdict
from tests.factories.gateways import application
from workspaces.catalogue.errors import Invalid

NOW = datetime(2026, 7, 1, tzinfo=UTC)
VERDICTS = {"A": Verdict.APPROVE, "R": Verdict.REFUSE, "B": Verdict.RETURN}


def votes(text, providers=""):
    """Upper case from a committee seat, lower case from the lay seat; providers one letter each."""
    return [
        Vote(
            project_id="p",
            round=1,
            person_id=str(n),
            lay=c.islower(),
            verdict=VERDICTS[c.upper()],
            reason="r",
            provider=providers[n] if n < len(providers) else "",
            at=NOW,
        )
        for n, c in enumerate(text)
    ]


CASES = [
    ("EASTERN_ENGLAND", "AAa", "", None),  # too few
    ("EASTERN_ENGLAND", "AAAa", "", None),  # too few lay
    ("EASTERN_ENGLAND", "AAaa", "", Verdict.APPROVE),
    ("EASTERN_ENGLAND", "AAAaa", "", None),  # less than half are lay
    ("EASTERN_ENGLAND", "AAab", "", Verdict.RETURN),  # not unanimous
    ("EASTERN_ENGLAND", "RRrr", "", Verdict.REFUSE),
    ("EASTERN_ENGLAND", "AAaa", "xx", None),  # one provider has one vote
    ("EASTERN_ENGLAND", "AAaa", "xy", Verdict.APPROVE),
    ("EASTERN_ENGLAND", "AAaa", "xyxx", Verdict.APPROVE),  # lay members speak for nobody
    ("PUBLIC_PANEL", "AAaaa", "", Verdict.APPROVE),
    ("PUBLIC_PANEL", "AAAaa", "", None),
    ("PUBLIC_PANEL", "RAaarr", "", Verdict.REFUSE),  # a tie refuses
    ("CHAIRED", "AAa", "", Verdict.APPROVE),
    ("STANDARD", "AARr", "", Verdict.RETURN),  # a tie goes back
]


@pytest.mark.parametrize(("rules", "cast", "providers", "expected"), CASES)
def test_what_a_committee_comes_to(rules, cast, providers, expected):
    assert outcome(votes(cast, providers), COMMITTEES[rules]) is expected


@pytest.mark.parametrize(("chair", "expected"), [("0", Verdict.APPROVE), ("3", Verdict.REFUSE), ("9", None)])
def test_a_tie_waits_for_the_chair(chair, expected):
    rules = read({**COMMITTEES["CHAIRED"].shown(), "chair": chair})
    assert outcome(votes("AArr"), rules) is expected


def test_rules_are_kept_and_read_again():
    for rules in COMMITTEES.values():
        assert read(rules.shown()) == rules
    assert read({}) == COMMITTEES["STANDARD"]


ASKED = application()
SOUND = [
    ("EPSILON_AT_MOST", "1", True),
    ("EPSILON_AT_MOST", "0", False),
    ("EPSILON_AT_MOST", "NaN", False),
    ("EPSILON_AT_MOST", "11", False),
    ("ENDS_BY", "2027-01-31", True),
    ("ENDS_BY", "soon", False),
    ("WITHOUT_COLUMN", "person.stp", True),
    ("WITHOUT_COLUMN", "person.nhs_number", False),
    ("REVIEWS_AT_LEAST", "3", True),
    ("REVIEWS_AT_LEAST", "9", False),
    ("PROSE", "Publish within a year.", True),
]


@pytest.mark.parametrize(("control", "value", "sound"), SOUND)
def test_what_can_be_carried_out(control, value, sound):
    assert is_sound(Condition(Control(control), value), ASKED) is sound


def test_the_strictest_holds_and_nothing_is_given_beyond_what_was_asked():
    told = [
        ("EPSILON_AT_MOST", "1"),
        ("EPSILON_AT_MOST", "9"),
        ("ENDS_BY", "2030-01-01"),
        ("WITHOUT_COLUMN", "person.stp"),
    ]
    granted = applied(ASKED, [Condition(Control(name), value) for name, value in told])
    assert (granted["epsilon"], granted["ends_on"]) == ("1", ASKED["ends_on"])
    assert granted["data"][0]["columns"] == ["sex", "age_band"]


def submitted(town, **changes):
    project = town.do("lead", Command.DRAFT_PROJECT, town.pool_id, application(**changes)).created_id
    town.do("lead", Command.SUBMIT_PROJECT, project)
    return project


def vote(town, name, project, verdict="APPROVE", conditions=()):
    given = {"verdict": verdict, "reason": "so", "conditions": [{"control": c, "value": v} for c, v in conditions]}
    return town.do(name, Command.CAST_VOTE, project, given)


def choose(town, committee, chair=""):
    town.do("ig", Command.CHOOSE_COMMITTEE, town.pool_id, {"committee": committee, "chair": chair})


def declare(town, name, project, conflict=False):
    given = {"conflict": conflict, "reason": "my sister leads it" if conflict else ""}
    return town.do(name, Command.DECLARE_INTEREST, project, given)


def seen_by(town, name, project):
    return town.read(lambda work: views.one(work, town.actor(name), project, town.clock(), 7))


def test_interests_come_first_and_lock_out(town):
    choose(town, "CHAIRED", town.people["member1"])
    project = submitted(town)
    with pytest.raises(Refusal, match="vote:declare_first"):
        vote(town, "member1", project)
    declare(town, "member1", project)
    vote(town, "member1", project)
    declare(town, "member2", project, conflict=True)
    with pytest.raises(Refusal, match="subject:unknown"):
        seen_by(town, "member2", project)
    with pytest.raises(Refusal, match="subject:unknown"):
        vote(town, "member2", project)
    with pytest.raises(Refusal, match="interest:declared"):
        declare(town, "member1", project)


def test_an_interest_outlives_the_round(town):
    choose(town, "CHAIRED", town.people["member1"])
    project = submitted(town)
    declare(town, "member2", project, conflict=True)
    for name in ("member1", "lay"):
        declare(town, name, project)
        vote(town, name, project, "RETURN")
    who = {"issuer": "test", "subject": "member3", "name": "Member3", "email": "member3@example.org"}
    town.people["member3"] = town.do("system", Command.WELCOME_PERSON, town.pool_id, who).created_id
    town.do("operator", Command.APPOINT_PERSON, town.people["member3"], {"role": "COMMITTEE_MEMBER"})
    declare(town, "member3", project)
    assert vote(town, "member3", project, "RETURN").state == "RETURNED"
    town.do("lead", Command.SUBMIT_PROJECT, project)
    with pytest.raises(Refusal, match="subject:unknown"):
        declare(town, "member2", project)
    with pytest.raises(Refusal, match="vote:declare_first"):
        vote(town, "member1", project)  # declared for the round before only


def test_rules_are_those_that_were_in_force_at_submission(town):
    project = submitted(town)
    choose(town, "EASTERN_ENGLAND")
    for name in ("member1", "member2", "lay"):
        vote(town, name, project)
    assert town.read(lambda work: work.need(Project, project)).state.value == "APPROVED"


def test_one_vote_for_each_provider(town):
    for name in ("member1", "member2"):
        who = {"issuer": "test", "subject": name, "name": name.title(), "email": f"{name}@example.org"}
        town.do("system", Command.WELCOME_PERSON, town.pool_id, {**who, "organisation": "North Trust"})
    choose(town, "EASTERN_ENGLAND")
    project = submitted(town)
    for name in ("member1", "member2"):
        declare(town, name, project)
    vote(town, "member1", project)
    with pytest.raises(Refusal, match="vote:provider_voted"):
        vote(town, "member2", project)


def test_conditions_become_the_limits_of_the_grant(town):
    project = submitted(town)
    vote(town, "member1", project, conditions=[("EPSILON_AT_MOST", "0.5"), ("WITHOUT_COLUMN", "person.stp")])
    vote(town, "member2", project, conditions=[("EPSILON_AT_MOST", "1"), ("PROSE", "Publish it.")])
    assert vote(town, "lay", project, conditions=[("REVIEWS_AT_LEAST", "3")]).state == "APPROVED"
    grant = town.read(lambda work: work.find(Grant, Grant.project_id == project))
    assert (grant.epsilon_micro, grant.reviews, grant.agreeing) == (500_000, 3, 2)
    assert grant.tables["person"] == ["person_id", "sex", "age_band"]
    assert len(grant.conditions) == 5


def test_a_refusal_carries_no_conditions(town):
    project = submitted(town)
    with pytest.raises(Invalid, match="vote:conditions"):
        vote(town, "member1", project, "REFUSE", [("EPSILON_AT_MOST", "1")])
    with pytest.raises(Invalid, match="vote:conditions"):
        vote(town, "member1", project, "APPROVE", [("WITHOUT_COLUMN", "person.nhs_number")])


def test_the_chair_is_of_the_committee(town):
    with pytest.raises(Invalid, match="committee:chair"):
        choose(town, "CHAIRED", town.people["lead"])
    with pytest.raises(Invalid, match="committee:chair"):
        choose(town, "CHAIRED")
