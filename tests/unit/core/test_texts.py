"""Text that people write is plain at the door, whichever way it came; people are named without guessing."""

from types import SimpleNamespace

import pytest

from gateway.cli.admin import acting
from gateway.commands.act import VERBS
from gateway.evidence.chain import verify
from gateway.models import Membership
from gateway.rules.refusals import Refusal
from gateway.store import audit_chain
from gateway.vocabulary import Command
from tests.factories.gateways import application, approved_project
from workspaces.catalogue.errors import Invalid

ODD = ["\0", "\x07", "\x1b[2J", "\x7f", "\x85", "\u202e", "\u2066", "\u2069"]


def refused(town, name, command, subject, given):
    with pytest.raises(Invalid) as told:
        town.do(name, command, subject, given)
    return told.value


@pytest.mark.parametrize("sign", ODD, ids=ascii)
def test_no_field_takes_what_no_reader_sees(town, sign):
    error = refused(town, "lead", Command.DRAFT_PROJECT, town.pool_id, application(lay_summary=f"a{sign}b"))
    assert (error.code, "lay_summary" in error.sentence, sign in error.sentence) == ("input:not_plain", True, False)
    data = [{"table": "person", "columns": ["sex"], "reason": f"gr{sign}oups"}]
    error = refused(town, "lead", Command.DRAFT_PROJECT, town.pool_id, application(data=data))
    assert "data.0.reason" in error.sentence
    error = refused(town, "lead", Command.CREATE_TOKEN, town.people["lead"], {"label": f"lap{sign}top"})
    assert "label" in error.sentence
    who = {"issuer": "test", "subject": "new", "name": f"New{sign}", "email": "new@example.org"}
    assert refused(town, "system", Command.WELCOME_PERSON, town.pool_id, who).code == "input:not_plain"


def test_two_fields_alone_have_rules_of_their_own():
    exempt = {(command, name) for command, verb in VERBS.items() for name in verb.given.JUDGED_ELSEWHERE}
    assert exempt == {
        (Command.BRING_IN, "text"),
        (Command.DRAFT_RELEASE, "request"),
        (Command.EDIT_RELEASE, "request"),
    }


def test_a_reason_is_more_than_spaces(town):
    project = approved_project(town)
    assert refused(town, "ig", Command.SUSPEND_PROJECT, project, {"reason": " \u2003 "}).code == "input:invalid"


def test_an_id_that_no_database_keeps_is_unknown_and_leaves_a_row(town):
    for odd in ("prj-\0", "prj-\u202e", "prj-\udc80"):
        with pytest.raises(Refusal) as told:
            town.do("lead", Command.SUBMIT_PROJECT, odd)
        assert told.value.code == "subject:unknown"
    rows = town.read(audit_chain.export)
    assert [row["code"] for row in rows[-3:]] == ["subject:unknown"] * 3
    assert verify(rows).broken_at is None


def test_members_are_found_and_never_picked(town):
    who = {"issuer": "another", "subject": "r", "name": "Another", "email": "researcher@example.org"}
    other = town.do("system", Command.WELCOME_PERSON, town.pool_id, who).created_id
    error = refused(town, "lead", Command.DRAFT_PROJECT, town.pool_id, application())
    assert (error.code, "person id" in error.next_step) == ("application:ambiguous_member", True)
    for named in ("", "per-", "per-0", "@"):
        error = refused(town, "lead", Command.DRAFT_PROJECT, town.pool_id, application(members=[named]))
        assert error.code == "application:unknown_member"
    project = town.do("lead", Command.DRAFT_PROJECT, town.pool_id, application(members=[other, other])).created_id
    members = town.read(lambda work: work.all(Membership, Membership.project_id == project))
    assert {row.person_id for row in members} == {other, town.people["lead"]}


def test_nobody_acts_or_is_appointed_by_an_address_that_two_have(town):
    at = SimpleNamespace(gateway=town.gateway)
    assert acting(at, "operator@example.org").person_id == town.people["operator"]
    who = {"issuer": "another", "subject": "o", "name": "Another", "email": "operator@example.org"}
    town.do("system", Command.WELCOME_PERSON, town.pool_id, who)
    with pytest.raises(Invalid, match="more than one"):
        acting(at, "operator@example.org")
    assert acting(at, town.people["operator"]).person_id == town.people["operator"]
    with pytest.raises(Invalid, match="has signed in"):
        acting(at, "")
