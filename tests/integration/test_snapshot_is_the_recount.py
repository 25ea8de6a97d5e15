"""Seeds, intake, opt-out exchange and snapshot build against the plain recount, person for person."""

from collections import Counter
from dataclasses import astuple
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
from infra.demo.recount import Recount, people
from infra.national.service import answer_requests
from infra.seeds.population import write_population
from workspaces.catalogue.tables import TABLES
from workspaces.intake import Vault, load, read_sources
from workspaces.opt_outs import Exchange, OptOutList, read_answer, write_request
from workspaces.snapshots import BuiltSnapshot, PseudonymKey, SnapshotPlan, build, contains, open_snapshot

NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
CUT = date(2026, 6, 30)
EVENTS = (
    "visit_occurrence",
    "condition_occurrence",
    "drug_exposure",
    "measurement",
    "procedure_occurrence",
    "observation",
    "social_care_event",
)
PERIODS = [(None, None), (date(2024, 1, 1), date(2025, 12, 31))]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house") / "data"
    write_population(600, 12, folder)
    return folder


@pytest.fixture(scope="module")
def vault(data: Path) -> Vault:
    vault = Vault(data.parent / "vault")
    sources = read_sources(data / "sources.toml")
    for source in sources.sources:
        load(source=source, folder=sources.folder_of(source), vault=vault, clock=lambda: NOW)
    return vault


@pytest.fixture(scope="module")
def opt_outs(data: Path, vault: Vault) -> OptOutList:
    house = data.parent
    exchange = Exchange(
        "X26TRE01", house / "outbox", house / "inbox", house / "state", keys=Keys(house / "keys", "k" * 32)
    )
    local_id = write_request(vault=vault, exchange=exchange, now=NOW)
    assert answer_requests(exchange.outbox, exchange.inbox, data / "national/opted_out.csv") == (local_id,)
    return read_answer(exchange=exchange, local_id=local_id, now=NOW)


def snapshot(vault: Vault, opt_outs: OptOutList, folder: Path, period: tuple[Any, Any]) -> tuple[BuiltSnapshot, Path]:
    store = LocalObjects(folder / "objects")
    plan = SnapshotPlan(
        snapshot_id="snapshot-1",
        project_id="project-1",
        tables={name: tuple(column.name for column in table.columns) for name, table in TABLES.items()},
        period=period,
        cut_date=CUT,
        max_list_age_days=7,
        sample_key=bytes(range(32)),
        code_version="test",
    )
    built = build(
        plan=plan,
        vault=vault,
        opt_outs=opt_outs,
        pseudonyms=PseudonymKey(bytes(range(1, 33))),
        store=store,
        now=NOW,
        sign=lambda _: b"signature",
    )
    return built, open_snapshot(store, "snapshot-1", folder / "rooms").room


def in_room(room: Path) -> Counter[tuple[Any, ...]]:
    """Every person of the snapshot as a tuple in the order of Person's fields; events sorted."""

    def rows(table: str) -> list[tuple[Any, ...]]:
        columns = ", ".join(column.name for column in TABLES[table].columns)
        return duckdb.read_parquet(str(room / f"{table}.parquet")).project(columns).fetchall()

    found = {row[0]: {"person": row[1:], "death": None, **{table: [] for table in EVENTS}} for row in rows("person")}
    for table in EVENTS:
        for person, *event in rows(table):
            found[person][table].append(tuple(event))
    for person, when in rows("death"):
        found[person]["death"] = when
    return Counter(
        _frozen(*_attributes(p["person"]), p["death"], *(p[table] for table in EVENTS)) for p in found.values()
    )


def _attributes(row: tuple[Any, ...]) -> tuple[Any, ...]:
    year_of_birth, age_band, sex, *others = row
    return (sex, year_of_birth, age_band, *others)


def _frozen(*values: Any) -> tuple[Any, ...]:
    return tuple(tuple(sorted(value, key=repr)) if isinstance(value, list) else value for value in values)


def recounted(found: Recount) -> Counter[tuple[Any, ...]]:
    return Counter(_frozen(*astuple(person)) for person in found.people.values())


@pytest.mark.parametrize("period", PERIODS)
def test_every_person_is_in_the_snapshot_as_recounted(
    data: Path, vault: Vault, opt_outs: OptOutList, tmp_path: Path, period: tuple[Any, Any]
) -> None:
    built, room = snapshot(vault, opt_outs, tmp_path, period)
    found = people(data, cut_date=CUT, period=period)
    assert built.people == len(found.people) > 400
    assert in_room(room) == recounted(found)


def test_people_are_taken_out_for_the_reasons_recounted(
    data: Path, vault: Vault, opt_outs: OptOutList, tmp_path: Path
) -> None:
    built, _ = snapshot(vault, opt_outs, tmp_path, (None, None))
    found = people(data, cut_date=CUT)
    assert built.people_in == len(found.people_in)
    assert built.removed_by_reason == {reason: n for reason, n in found.removed_by_reason().items() if n}
    assert found.removed["national_opt_out"]


def test_one_event_more_would_be_seen(data: Path, vault: Vault, opt_outs: OptOutList, tmp_path: Path) -> None:
    _, room = snapshot(vault, opt_outs, tmp_path, (None, None))
    found = people(data, cut_date=CUT)
    next(iter(found.people.values())).conditions.append((320128, date(2025, 3, 3)))
    assert in_room(room) != recounted(found)


def test_nobody_but_those_who_may_be_used_is_found(
    data: Path, vault: Vault, opt_outs: OptOutList, tmp_path: Path
) -> None:
    built, _ = snapshot(vault, opt_outs, tmp_path, (None, None))
    opened = open_snapshot(LocalObjects(tmp_path / "objects"), "snapshot-1", tmp_path / "rooms")
    found = people(data, cut_date=CUT)
    lines = (data / "national/opted_out.csv").read_text().split()[1:]
    no = set(lines).union(*found.removed.values())
    assert min(len(each) for each in found.removed.values()) > 0

    def look(numbers: set[str]) -> set[str]:
        seen = contains(numbers=numbers, snapshot=opened, sample_key=bytes(range(32)), scratch=tmp_path)
        return set(seen.found)

    assert look(no) == set()
    assert look(no | set(found.people)) == set(found.people)
    assert len(found.people) == built.people  # so the unverified are not in it either
