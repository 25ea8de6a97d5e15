"""A backup is whole, of one moment, under our secret, and its keys grow old."""

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from gateway.backup.restoring import rehearse
from gateway.backup.taking import record, take
from gateway.commands.perform import perform
from gateway.jobs.house import House
from gateway.rules.facts import SYSTEM
from gateway.store import backups
from gateway.store.backups import expire_keys
from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
from gateway.vocabulary import Command
from tests.factories.backups import Kept, kept, project_with_snapshot
from tests.factories.gateways import SECRET, Town, settle_town
from tests.factories.stores import REACHED
from tests.factories.stores import killed as ended_in
from workspaces.catalogue.errors import Invalid
from workspaces.snapshots.objects import ObjectStore


@pytest.fixture
def ours(town: Town, monkeypatch: pytest.MonkeyPatch, objects: ObjectStore) -> Kept:
    made = kept(town, monkeypatch, objects)
    project_with_snapshot(town, made.house)
    return made


def refused(ours: Kept, folder: Path, code: str) -> None:
    with pytest.raises(Invalid) as why:
        rehearse(ours.house, folder)
    assert why.value.code == code


def test_it_is_recorded_and_can_be_restored(ours: Kept) -> None:
    made = take(ours.house, ours.to)
    record(ours.house, made)
    last = ours.rows()[-1]
    assert (last["event"], last["reason"]) == ("gateway:backed_up", made.name)
    assert rehearse(ours.house, made).proof.rows == len(ours.rows()) - 1


def test_nobody_but_us_reads_it_and_no_key_lies_open_in_it(ours: Kept) -> None:
    made = take(ours.house, ours.to)
    assert made.stat().st_mode & 0o77 == 0
    assert {path.name for path in made.iterdir()} == {"backup.json", "database", "keys", "vault.json"}
    held = b"".join(path.read_bytes() for path in made.iterdir())
    assert all(path.stat().st_mode & 0o77 == 0 for path in made.iterdir())
    for key in ours.house.keys.folder.glob("*.key"):
        assert key.read_bytes() not in held
    assert ours.house.gateway.settings.secret_key.get_secret_value().encode() not in held


def test_it_is_of_one_moment_while_many_write(ours: Kept) -> None:
    """Each writer's rows chain; a copy of two moments would not."""
    stop = threading.Event()
    wrote = []

    def write() -> None:
        while not stop.is_set():
            done = {"backup": "b"}
            command = Command.TAKE_BACKUP
            perform(ours.town.gateway, actor=SYSTEM, command=command, subject_id=ours.town.pool_id, given=done)
            wrote.append(1)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for each in writers:
        each.start()
    try:
        taken = [take(ours.house, ours.to) for _ in range(3)]
    finally:
        stop.set()
        for each in writers:
            each.join()
    sizes = [rehearse(ours.house, made).proof.rows for made in taken]
    assert sizes == sorted(sizes)
    assert len(wrote) > 3
    assert sizes[-1] > sizes[0], "they wrote meanwhile"


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Path]]:
    """A backup that tests copy before they harm it."""
    folder = tmp_path_factory.mktemp("one")
    town = settle_town(folder)
    house = House(town.gateway, LocalObjects(folder / "objects"), Keys(folder / "keys", SECRET))
    house.keys.public()
    yield house, take(house, folder / "backups")
    town.gateway.unit.dispose()


def harmed(path: Path, harm: str) -> None:
    content = path.read_bytes()
    half = len(content) // 2
    flipped = content[:half] + bytes([content[half] ^ 1]) + content[half + 1 :]
    path.unlink()
    if harm != "remove":
        path.write_bytes({"flip": flipped, "cut": content[:-1], "empty": b""}[harm])


@pytest.mark.parametrize("name", ["database", "keys", "vault.json"])
@pytest.mark.parametrize("harm", ["flip", "cut", "remove", "empty"])
def test_a_damaged_file_is_named(one: tuple[House, Path], tmp_path: Path, name: str, harm: str) -> None:
    house, made = one
    copy = Path(shutil.copytree(made, tmp_path / "copy"))
    harmed(copy / name, harm)
    with pytest.raises(Invalid, match=name) as why:
        rehearse(house, copy)
    assert why.value.code == "backup:damaged"


CHANGES: list[tuple[Callable[[dict[str, Any]], Any], str]] = [
    (lambda told: told | {"rows": told["rows"] - 1}, "backup:not_ours"),
    (lambda told: told | {"keys_expire_at": "2999-01-01T00:00:00+00:00"}, "backup:not_ours"),
    (lambda told: told | {"seal": "0" * 64}, "backup:not_ours"),
    (lambda told: told | {"seal": "\u00e9"}, "backup:not_ours"),
    (lambda told: {name: value for name, value in told.items() if name != "seal"}, "backup:none"),
    (list, "backup:none"),
]


@pytest.mark.parametrize(("change", "code"), CHANGES)
def test_a_changed_manifest_is_not_ours(
    one: tuple[House, Path], tmp_path: Path, change: Callable[[dict[str, Any]], Any], code: str
) -> None:
    house, made = one
    copy = Path(shutil.copytree(made, tmp_path / "copy"))
    path = copy / backups.MANIFEST
    path.write_text(json.dumps(change(json.loads(path.read_bytes()))), encoding="utf-8")
    with pytest.raises(Invalid) as why:
        rehearse(house, copy)
    assert why.value.code == code


def test_another_secret_opens_nothing(one: tuple[House, Path]) -> None:
    house, made = one
    settings = house.gateway.settings.model_copy(update={"secret_key": SecretStr("another secret, long enough for it")})
    with pytest.raises(Invalid) as why:
        rehearse(replace(house, gateway=replace(house.gateway, settings=settings)), made)
    assert why.value.code == "backup:not_ours"


def test_the_files_of_two_backups_do_not_make_one(ours: Kept) -> None:
    first, second = take(ours.house, ours.to), take(ours.house, ours.to)
    os.replace(first / "keys", second / "keys")
    refused(ours, second, "backup:damaged")


def test_keys_in_it_grow_old_and_go(ours: Kept) -> None:
    old = take(ours.house, ours.to)
    ours.town.clock.pass_(days=34)
    assert expire_keys(ours.house.gateway.settings, ours.to, ours.town.clock()) == 0
    rehearse(ours.house, old)
    ours.town.clock.pass_(days=1)
    refused(ours, old, "backup:keys_expired")
    new = take(ours.house, ours.to)
    assert not (old / "keys").exists()
    assert (new / "keys").exists()
    refused(ours, old, "backup:keys_expired")
    assert rehearse(ours.house, old, with_keys=False).proof.rows > 0, "what it proves stays provable"


@pytest.mark.parametrize("objects", REACHED, indirect=True)
def test_what_was_cut_off_is_no_backup_and_goes_with_the_next(ours: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object, **__: object) -> None:
        os._exit(9)

    ours.to.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr("gateway.backup.taking.seal_keys", killed)
        ours.town.gateway.unit.dispose()
        assert ended_in(ours.house.objects, lambda: take(ours.house, ours.to)) == 9
    left = [path for path in ours.to.rglob("*") if path.is_file() and path.stat().st_size > 1000]
    assert left, "the copy of the database lay there"
    made = take(ours.house, ours.to)
    assert [path for path in left if path.exists()] == []
    assert [path.name for path in ours.to.iterdir() if path.is_dir()] == [made.name]
