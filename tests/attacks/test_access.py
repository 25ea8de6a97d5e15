"""Every route of the API × everybody × an own object, another's, and one that does not exist.

Who may is written here by hand, not taken from the rules. Every command is sent with a body that nobody may send:
whoever is allowed in is told so by 422 (or 409 when it is not the moment), and nothing changes.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from gateway.models import AuditEvent, RegisterEntry, Snapshot
from gateway.vocabulary import Command, SnapshotState
from tests.factories.gateways import (
    EXEMPTION,
    SEATS,
    Town,
    application,
    approved_project,
    cleared_snapshot,
    submitted_release,
)
from tests.factories.questions import questions
from tests.factories.sites import Site, open_site
from tests.factories.tried import Tried

API = "/api/v1"
MEMBERS = {"lead", "researcher"}
COMMITTEE = {"member1", "member2", "lay"}
CHECKERS = {"checker1", "checker2", "checker3"}
RESEARCHERS = {"lead", "researcher", "outsider"}
POSTS: dict[str, set[str]] = {
    "pools/view-quality": {"ig", "auditor"},
    "pools/import-code-list": {"ig"},
    "pools/export-audit": {"auditor"},
    "pools/draft-project": RESEARCHERS,
    "pools/begin-refresh": {"ig", "operator"},
    "projects/propose-exemption": {"ig"},
    "exemptions/second-exemption": {"ig"},
    "exemptions/approve-exemption": COMMITTEE,
    "exemptions/refuse-exemption": COMMITTEE | {"ig"},
    "exemptions/end-exemption": {"ig"},
    "erasure-orders/approve-erasure": {"ig"},
    "erasure-orders/refuse-erasure": {"ig"},
    "opt-out-lists/activate-opt-outs": {"ig"},
    "people/appoint-person": {"operator"},
    "pools/require-certificate": {"ig"},
    "pools/waive-certificate": {"ig"},
    "pools/publish-terms": {"ig"},
    "people/present-certificate": {"lead"},
    "people/accept-terms": {"lead"},
    "people/sign-terms": set(),
    "people/revoke-token": {"lead"},
    "certificates/accept-certificate": {"ig"},
    "certificates/refuse-certificate": {"ig"},
    "certificates/revoke-certificate": {"ig"},
    "people/create-token": {"lead"},
    "people/revoke-session": {"lead"},
    "projects/edit-project": {"lead"},
    "projects/submit-project": {"lead"},
    "projects/cast-vote": COMMITTEE,
    "projects/declare-interest": COMMITTEE,
    "pools/choose-committee": {"ig"},
    "projects/suspend-project": {"ig"},
    "projects/resume-project": {"ig"},
    "projects/close-project": {"ig", "lead"},
    "projects/request-snapshot": {"lead"},
    "projects/open-workspace": MEMBERS,
    "projects/draft-release": MEMBERS,
    "projects/price": MEMBERS,
    "snapshots/clear-snapshot": {"ig"},
    "snapshots/retire-snapshot": {"ig"},
    "workspaces/bring-in": MEMBERS,
    "workspaces/freeze-workspace": {"ig"},
    "workspaces/start-room": MEMBERS,
    "workspaces/stop-room": MEMBERS | {"ig"},
    "workspaces/view-logs": MEMBERS,
    "transfers/run-job": MEMBERS,
    "jobs/stop-job": MEMBERS | {"ig"},
    "releases/copy-release": MEMBERS,
    "releases/edit-release": {"researcher"},
    "releases/submit-release": {"researcher"},
    "releases/withdraw-release": {"researcher"},
    "releases/clear-plan": CHECKERS,
    "releases/return-plan": CHECKERS,
    "releases/keep-review": CHECKERS,
    "releases/review-release": CHECKERS,
    "releases/confirm-review": CHECKERS,
    "releases/adjudicate-release": CHECKERS,
    "releases/recall-release": {"ig"},
    "register-entries/publish-entry": {"ig"},
}
GETS: dict[str, set[str]] = {
    "pools": set(SEATS),
    "opt-out-lists": {"ig", "operator", "auditor"},
    "refreshes": {"ig", "operator", "auditor"},
    "erasure-orders": {"ig", "auditor"},
    "projects": MEMBERS | COMMITTEE | {"ig", "auditor"},
    "exemptions": MEMBERS | COMMITTEE | {"ig", "auditor"},
    "snapshots": MEMBERS | {"ig", "auditor"},
    "workspaces": MEMBERS | {"ig", "auditor"},
    "transfers": MEMBERS | {"ig", "auditor"},
    "jobs": MEMBERS | {"ig", "auditor"},
    "releases": MEMBERS | CHECKERS | {"ig", "auditor"},
    "register-entries": MEMBERS | {"ig", "auditor"},
    "people": {"lead", "ig", "auditor", "operator"},
    "certificates": {"lead", "ig", "auditor"},
    "releases/package": MEMBERS,
    "releases/artefact": CHECKERS,
}


@dataclass
class World:
    """Two projects with one of everything; ids by the first part of an address."""

    site: Site
    ours: dict[str, str]
    other: dict[str, str]
    tokens: dict[str, str]
    tried: Counter[str] = field(default_factory=Counter)
    said: dict[str, str] = field(default_factory=dict)  # the headers of the last answer
    asked: list[str] = field(default_factory=list)  # and what the database was asked for it

    def ask(self, method: str, path: str, name: str | None) -> tuple[int, str]:
        """Status and body."""
        headers = {"Authorization": f"Bearer {self.tokens[name]}"} if name else {}
        body = {"json": {"no such field": 1}} if method == "POST" else {}
        with questions(self.site.town.gateway.unit) as self.asked:
            answer = self.site.app.test_client().open(f"{API}/{path}", method=method, headers=headers, **body)
        self.tried[str(answer.status_code)] += 1
        self.said = dict(answer.headers)
        return answer.status_code, answer.get_data(as_text=True)

    def all_of(self, method: str, path: str, name: str | None) -> tuple[int, str, dict[str, str], list[str]]:
        """Everything that whoever asks, or has a watch, can learn from an answer."""
        return (*self.ask(method, path, name), self.said, self.asked)


def furnish(town: Town, lead: str, author: str) -> dict[str, str]:
    """One of everything in a project of this lead."""
    project_id = town.do(lead, Command.DRAFT_PROJECT, town.pool_id, application(members=[f"{author}@example.org"]))
    project = project_id.created_id
    town.do(lead, Command.SUBMIT_PROJECT, project)
    for name in sorted(COMMITTEE):
        town.do(name, Command.CAST_VOTE, project, {"verdict": "APPROVE", "reason": "clear benefit"})
    exemption = town.do("ig", Command.PROPOSE_EXEMPTION, project, EXEMPTION).created_id
    town.do("ig", Command.RETIRE_SNAPSHOT, built(town, lead, project), {"reason": "only to be there"})
    snapshot = built(town, lead, project)
    town.do("ig", Command.CLEAR_SNAPSHOT, snapshot)
    workspace = town.do(author, Command.OPEN_WORKSPACE, project).created_id
    script = {"name": "counts.sql", "text": "SELECT 1"}
    transfer = town.do(author, Command.BRING_IN, workspace, script).created_id
    town.do("system", Command.ADMIT_TRANSFER, transfer, {"findings": []})
    job = town.do(author, Command.RUN_JOB, transfer).created_id
    release = submitted_release(town, project, by=author)
    entry = town.read(lambda work: work.find(RegisterEntry, RegisterEntry.project_id == project)).id
    held = {"kind": "IG_TRAINING", "reference": "T-1", "issued_on": "2026-06-01"}
    certificate = town.do(lead, Command.PRESENT_CERTIFICATE, town.people[lead], held).created_id
    ours = ("exemptions", "projects", "snapshots", "workspaces", "transfers", "jobs", "releases")
    names = (*ours, "register-entries", "people")
    ids = (exemption, project, snapshot, workspace, transfer, job, release, entry, town.people[lead], certificate)
    return dict(zip((*names, "certificates"), ids, strict=True))


def built(town: Town, lead: str, project: str) -> str:
    snapshot: str = town.do(lead, Command.REQUEST_SNAPSHOT, project).created_id
    town.do("system", Command.BEGIN_SNAPSHOT, snapshot)
    given = {"cut_date": "2026-06-30", "manifest_digest": "m", "commitment": "c", "nonce": "n", "people": 9}
    town.do("system", Command.COMPLETE_SNAPSHOT, snapshot, given)
    return snapshot


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    site = open_site(tmp_path_factory.mktemp("access"))
    town = site.town
    cleared_snapshot(town, approved_project(town))  # for the list that it brings into force
    tokens = {}
    for name, person_id in town.people.items():
        given = {"label": "access", "days": 7}
        tokens[name] = town.do(name, Command.CREATE_TOKEN, person_id, given).returned["token"]
    ours, other = furnish(town, "lead", "researcher"), furnish(town, "outsider", "outsider")
    listed = town.do(
        "operator",
        Command.RECEIVE_OPT_OUTS,
        town.pool_id,
        {"local_id": "L2", "list_date": town.clock().isoformat(), "digest": "d", "commitment": "c", "nonce": "n"}
        | {"receipt": {}},
    ).created_id
    both = {"pools": town.pool_id, "opt-out-lists": listed}
    asked = {"ground": "OBJECTION", "token": "0" * 16}
    both["erasure-orders"] = town.do("ig", Command.PROPOSE_ERASURE, town.pool_id, asked).created_id
    both["refreshes"] = town.do("operator", Command.BEGIN_REFRESH, town.pool_id).created_id
    town.do("system", Command.END_REFRESH, both["refreshes"])
    made = World(site, ours | both, other | both, tokens)
    yield made
    print(json.dumps(dict(sorted(made.tried.items()))))
    site.town.gateway.unit.dispose()


def routes(world: World, method: str) -> set[str]:
    """The noun and what is asked of it, for every route that takes an id."""
    rules = world.site.app.url_map.iter_rules()
    found = [rule.rule for rule in rules if method in (rule.methods or ()) and f"{API}/" in rule.rule]
    return {rule.removeprefix(f"{API}/").replace("/<id>", "") for rule in found if "<id>" in rule}


def path_of(route: str, ids: dict[str, str]) -> str:
    noun, _, verb = route.partition("/")
    return f"{noun}/{ids[noun]}" + (f"/{verb}" if verb else "")


def test_every_route_is_in_the_tables(world: World) -> None:
    assert routes(world, "POST") == set(POSTS)
    assert routes(world, "GET") == set(GETS)


@pytest.mark.parametrize("route", sorted(POSTS))
def test_only_who_may_is_let_to_a_command(world: World, route: str) -> None:
    for name in SEATS:
        status, _ = world.ask("POST", path_of(route, world.ours), name)
        assert status in ({409, 422} if name in POSTS[route] else {403, 404}), name


@pytest.mark.parametrize("route", sorted(GETS))
def test_only_who_may_sees_an_object(world: World, route: str) -> None:
    found = {name for name in SEATS if world.ask("GET", path_of(route, world.ours), name)[0] in {200, 409}}
    assert found == GETS[route]


EVERY = [
    (method, route)
    for method, table in (("POST", POSTS), ("GET", GETS))
    for route in sorted(table)
    if not route.startswith("pools")  # everybody knows that there is a pool
]


def strangers(method: str, route: str, *, exchanged: bool) -> list[str]:
    """Who may neither see the object nor do this to it; in the other project its lead is whom we call outsider."""
    allowed = (POSTS if method == "POST" else GETS)[route] | GETS[route.partition("/")[0]]
    if not exchanged:
        return [name for name in SEATS if name not in allowed]
    seated = {name for name in allowed if name not in MEMBERS}
    return [name for name in SEATS if name not in seated and name != "outsider"]


@pytest.mark.parametrize("exchanged", [False, True])
@pytest.mark.parametrize(("method", "route"), EVERY)
def test_what_belongs_to_others_answers_like_what_is_not_there(
    world: World, tried: Tried, method: str, route: str, exchanged: bool
) -> None:
    """For whoever may not see it: the same status, words and headers, after the same questions to the database."""
    noun, ids = route.partition("/")[0], world.other if exchanged else world.ours
    unreal = ids | {noun: ids[noun][:-6] + "000000"}
    for name in strangers(method, route, exchanged=exchanged):
        real, none = (world.all_of(method, path_of(route, which), name) for which in (ids, unreal))
        assert real[0] == none[0] == 404, (name, real, none)
        assert real[1].replace(ids[noun], "") == none[1].replace(unreal[noun], ""), name
        assert real[2:] == none[2:], name
        tried()


@pytest.mark.parametrize("name", sorted(MEMBERS))
def test_members_of_one_project_are_nobody_in_another(world: World, name: str) -> None:
    seats_alone = {"pools/draft-project"}  # any researcher may apply to the pool
    for method, table in (("POST", POSTS), ("GET", GETS)):
        for route in sorted(set(table) - seats_alone - {"pools"}):
            status, _ = world.ask(method, path_of(route, world.other), name)
            assert status in {403, 404}, route


def test_without_a_token_nobody_is_told_anything(world: World) -> None:
    for method, table in (("POST", POSTS), ("GET", GETS)):
        for route in table:
            for ids in (world.ours, world.ours | dict.fromkeys(world.ours, "rel-0000")):
                assert world.ask(method, path_of(route, ids), None)[0] == 401, route


def test_nothing_was_changed_by_any_of_this(world: World) -> None:
    town = world.site.town
    states = [row.state for row in town.read(lambda work: work.all(Snapshot, Snapshot.id == world.ours["snapshots"]))]
    assert states == [SnapshotState.CLEARED]
    refused = town.read(lambda work: work.all(AuditEvent, AuditEvent.event == "command:refused"))
    assert {row.code for row in refused} >= {"subject:unknown"}
    assert sum(world.tried.values()) > 1_600, world.tried
    assert "500" not in world.tried
