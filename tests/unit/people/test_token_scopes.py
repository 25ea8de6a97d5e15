"""A token does no more than its scope, whatever its person may; an ended one does nothing."""

import pytest

from gateway.commands.people import token_hash
from gateway.rules.refusals import Refusal
from gateway.rules.scopes import SCOPES
from gateway.store.queries.tokens import actor_of_token
from gateway.store.queries.views import one
from gateway.vocabulary import Command
from tests.factories.gateways import REQUEST, approved_project, cleared_snapshot
from workspaces.catalogue.errors import Invalid


def made(town, name, scope, days=7):
    given = {"label": "t", "days": days, "scope": scope}
    return town.do(name, Command.CREATE_TOKEN, town.people[name], given).returned["token"]


def speaks(town, secret):
    return town.read(lambda work: actor_of_token(work, token_hash(secret), town.clock()))


def by(town, actor, command, subject, given=None):
    from gateway.commands.perform import perform

    return perform(town.gateway, actor=actor, command=command, subject_id=subject, given=given)


@pytest.fixture
def project(town):
    found = approved_project(town)
    cleared_snapshot(town, found)
    return found


def test_a_token_that_reads_changes_nothing(town, project):
    reader = speaks(town, made(town, "lead", "READ"))
    assert town.read(lambda work: one(work, reader, project, town.clock(), 7))["title"]
    with pytest.raises(Refusal, match="token:scope"):
        by(town, reader, Command.DRAFT_RELEASE, project, {"request": REQUEST})


def test_a_token_for_work_drafts_releases_and_closes_no_project(town, project):
    worker = speaks(town, made(town, "lead", "WORK"))
    assert by(town, worker, Command.DRAFT_RELEASE, project, {"request": REQUEST}).created_id
    with pytest.raises(Refusal, match="token:scope"):
        by(town, worker, Command.CLOSE_PROJECT, project, {"reason": "no"})
    assert town.do("lead", Command.CLOSE_PROJECT, project, {"reason": "yes"}).state == "CLOSED"


@pytest.mark.parametrize("scope", [name for name, scope in SCOPES.items() if scope.commands is not None])
def test_a_narrow_token_makes_no_other(town, scope):
    narrow = speaks(town, made(town, "lead", scope))
    with pytest.raises(Refusal, match="token:scope"):
        by(town, narrow, Command.CREATE_TOKEN, town.people["lead"], {"label": "wide"})


def test_what_is_not_there_says_the_same_to_a_narrow_token(town):
    narrow = speaks(town, made(town, "outsider", "READ"))
    hidden = approved_project(town)
    for subject in (hidden, "prj-0000000000000000"):
        with pytest.raises(Refusal, match="subject:unknown"):
            by(town, narrow, Command.CLOSE_PROJECT, subject, {"reason": "x"})


def test_tokens_end_by_themselves_and_by_their_person(town):
    short, long = made(town, "lead", "READ", days=1), made(town, "lead", "READ", days=30)
    town.clock.pass_(days=2)
    assert speaks(town, short) is None
    assert speaks(town, long) is not None
    from gateway.models import ApiToken

    token = town.read(lambda work: work.find(ApiToken, ApiToken.token_hash == token_hash(long)))
    with pytest.raises(Invalid, match="token:unknown"):
        town.do("outsider", Command.REVOKE_TOKEN, town.people["outsider"], {"token_id": token.id})
    assert speaks(town, long) is not None
    town.do("lead", Command.REVOKE_TOKEN, town.people["lead"], {"token_id": token.id})
    assert speaks(town, long) is None
