"""An erasure: proposed with a number that is kept nowhere, decided by two, carried out by the next refresh."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click import Command as Command_
from click.testing import CliRunner, Result

from gateway.cli import one_person
from gateway.jobs.erasures import propose_erasure, replay
from gateway.jobs.report_person import INCLUDED, report_person
from gateway.models import AuditEvent, ErasureOrder
from gateway.rules.refusals import Refusal
from gateway.store.sealed_notes import Kind, is_buried
from gateway.vocabulary import Command, ErasureGround, ErasureRefusal, ErasureState
from tests.factories.gateways import Town
from tests.factories.records import number
from tests.factories.refreshing import PEOPLE, Street, settle_street
from tests.factories.sealed import opened_loads
from tests.integration.test_canary import contents, files, spellings
from workspaces.catalogue.errors import Invalid

ANNA = PEOPLE[0]
DECIDED = {"reason": "her written request of May"}


@pytest.fixture
def street(town: Town, tmp_path: Path) -> Street:
    return settle_street(town, tmp_path)


def propose(street: Street, number: str = ANNA, by: str = "ig") -> str:
    actor = street.town.actor(by)
    return propose_erasure(street.house, actor=actor, number=number, ground=ErasureGround.OBJECTION)


def order(street: Street, order_id: str) -> ErasureOrder:
    return street.town.read(lambda work: work.need(ErasureOrder, order_id))


def sightings(street: Street) -> list[Path]:
    """Every file of the gateway in which the number can be read, in any dress, by whoever has the keys as well; what
    the council sent aside."""
    house = street.house
    with opened_loads(house.vault, house.keys, house.folder):
        ours = [path for path in files(house.folder) if "delivery-" not in str(path)]
        return [path for path in ours if any(s in content for _, content in contents(path) for s in spellings(ANNA))]


def test_an_erased_person_is_nowhere_after_the_refresh(street: Street) -> None:
    project_id = street.project()
    order_id = propose(street)
    street.town.do("ig2", Command.APPROVE_ERASURE, order_id, DECIDED)
    assert street.inside(project_id) == set(PEOPLE)  # it acts with everybody else's, at the refresh
    assert sightings(street)
    street.refresh()
    assert street.inside(project_id) == set(PEOPLE) - {ANNA}
    done = order(street, order_id)
    assert (done.state, done.token) == (ErasureState.DONE, "")
    assert is_buried(street.house.objects, Kind.ERASURE, order_id)
    assert sightings(street) == []
    street.load(*PEOPLE, when="2024-05-01")  # sent again by a source that did not hear of it
    street.opt_out()
    street.refresh()
    assert street.inside(project_id) == set(PEOPLE) - {ANNA}
    assert sightings(street) == []


def test_nothing_tells_who_it_is_about(street: Street) -> None:
    order_id = propose(street)
    log = street.town.read(lambda work: [row.model_dump_json() for row in work.all(AuditEvent)])
    row = order(street, order_id).model_dump_json()
    assert not [text for text in (*log, row) if ANNA in text]
    for bad in (ANNA[:-1] + str((int(ANNA[-1]) + 1) % 10), "", "Anna", f"{ANNA}\n{PEOPLE[1]}", "9" * 500):
        with pytest.raises(Invalid) as why:
            propose(street, bad)
        assert not bad or bad not in str(why.value)


def test_who_proposed_it_does_not_decide(street: Street) -> None:
    order_id = propose(street)
    for command, given in (
        (Command.APPROVE_ERASURE, DECIDED),
        (Command.REFUSE_ERASURE, {**DECIDED, "refusal": ErasureRefusal.PUBLIC_HEALTH.value}),
    ):
        with pytest.raises(Refusal) as why:
            street.town.do("ig", command, order_id, given)
        assert why.value.code == "erasure:proposed_by_you"


def test_a_refusal_is_recorded_with_its_ground_and_forgets_the_person(street: Street) -> None:
    project_id = street.project()
    order_id = propose(street)
    given = {**DECIDED, "refusal": ErasureRefusal.RESEARCH_IMPAIRED.value}
    street.town.do("ig2", Command.REFUSE_ERASURE, order_id, given)
    refused = order(street, order_id)
    assert (refused.state, refused.refusal, refused.token) == (
        ErasureState.REFUSED,
        ErasureRefusal.RESEARCH_IMPAIRED,
        "",
    )
    street.refresh()
    assert street.inside(project_id) == set(PEOPLE)


@pytest.mark.parametrize("name", ["operator", "auditor", "lead", "checker1", "member1"])
def test_nobody_else_proposes_or_decides(street: Street, name: str) -> None:
    order_id = propose(street)
    with pytest.raises(Refusal):
        propose(street, PEOPLE[1], by=name)
    with pytest.raises(Refusal):
        street.town.do(name, Command.APPROVE_ERASURE, order_id, DECIDED)
    with pytest.raises(Refusal):
        report_person(street.house, actor=street.town.actor(name), number=ANNA)


def test_an_order_approved_during_a_refresh_waits_for_the_next(street: Street) -> None:
    street.project()
    order_id = propose(street)
    street.town.do("operator", Command.BEGIN_REFRESH, street.town.pool_id)
    street.town.clock.pass_(seconds=1)
    street.town.do("ig2", Command.APPROVE_ERASURE, order_id, DECIDED)
    street.work()
    assert order(street, order_id).state is ErasureState.APPROVED
    street.refresh()
    assert order(street, order_id).state is ErasureState.DONE


def test_a_vault_brought_back_from_a_backup_forgets_again(street: Street) -> None:
    order_id = propose(street)
    street.town.do("ig2", Command.APPROVE_ERASURE, order_id, DECIDED)
    (load,) = (street.house.vault / "loads").iterdir()
    backup = {path.name: path.read_bytes() for path in load.iterdir()}
    (key,) = street.house.keys.folder.glob("load-*.key")
    wrapped = key.read_bytes()
    street.refresh()
    assert sightings(street) == []
    (now,) = (street.house.vault / "loads").iterdir()
    for path in now.iterdir():
        path.unlink()
    now.rmdir()
    load.mkdir()
    for name, content in backup.items():
        (load / name).write_bytes(content)
    assert sightings(street) == []  # its key is gone
    with pytest.raises(Invalid, match="key_missing"):
        replay(street.house)
    key.write_bytes(wrapped)
    assert sightings(street)
    assert replay(street.house) == 1
    assert sightings(street) == []
    assert replay(street.house) == 0
    assert not key.exists()


def test_a_report_says_which_sources_builds_and_projects(street: Street) -> None:
    street.project()
    street.opt_out(ANNA)
    street.refresh()
    ig = street.town.actor("ig")
    before = len(street.town.read(lambda work: work.all(AuditEvent)))
    found = report_person(street.house, actor=ig, number=f"{ANNA[:3]} {ANNA[3:6]} {ANNA[6:]}")
    assert [(each["organisation"], each["rows"]) for each in found["sources"]] == [
        ("E09000007", {"person": 1, "social_care_event": 1})
    ]
    assert [each["said"] for each in found["opt_out_lists"]] == ["no opt-out", "opted out"]
    assert [each["outcome"] for each in found["builds"]] == [INCLUDED, "left out: national opt out"]
    assert found["projects"] == ["Care 0"]
    assert ANNA not in json.dumps(found)
    log = street.town.read(lambda work: work.all(AuditEvent))
    assert [row.event for row in log[before:]] == ["records:person_reported"]
    nobody = report_person(street.house, actor=ig, number=number(500))
    assert (nobody["sources"], nobody["projects"]) == ([], [])


def test_the_report_is_the_builds_own_answer(street: Street) -> None:
    """For everybody: who the report says was included is who the files hold."""
    project_id = street.project()
    street.opt_out(*PEOPLE[::3])
    street.refresh()
    ig = street.town.actor("ig")
    reports = {each: report_person(street.house, actor=ig, number=each)["builds"][-1] for each in PEOPLE[:6]}
    assert {each for each, build in reports.items() if build["outcome"] == INCLUDED} == (
        street.inside(project_id) & set(PEOPLE[:6])
    )


@pytest.fixture
def typed(street: Street, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The two commands about one person, on this house, by its IG officer."""
    monkeypatch.setattr(one_person, "house", lambda: street.house)
    monkeypatch.setattr(one_person, "acting", lambda _at, _email: street.town.actor("ig"))

    def run(command: Command_, *words: str, given: str = "") -> Result:
        return CliRunner().invoke(command, [*words, "--as", "ig@example.org"], input=given)

    return run


def test_the_number_comes_by_a_pipe_or_a_file_and_is_never_shown(
    street: Street, typed: Callable[..., Result], tmp_path: Path
) -> None:
    path = tmp_path / "delivery-number.txt"
    path.write_text(f"{ANNA}\n")
    ground = ("--ground", "OBJECTION")
    for ran in (typed(one_person.erase, *ground, given=ANNA), typed(one_person.erase, *ground, "--number-file", path)):
        assert order(street, ran.output.strip()).state is ErasureState.PROPOSED
    ran = typed(one_person.report, given=ANNA)
    assert "E09000007 (cld), 2026-06-30: person 1, social_care_event 1" in ran.output
    assert ANNA not in ran.output
    for words, given in (((ANNA,), ""), ((), ""), ((), ANNA[:-1]), ((), ANNA * 9)):
        ran = typed(one_person.erase, *ground, *words, given=given)
        assert isinstance(ran.exception, Invalid)
        assert ANNA[:-1] not in f"{ran.exception} {ran.output}"
