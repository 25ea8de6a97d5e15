"""Each load lies under a key of its own: shut without it, read as before with it, gone when it is destroyed."""

import io
from pathlib import Path

import duckdb
import pytest

from gateway.store.keys import Keys
from tests.factories.records import House, gp_condition, gp_person, number
from workspaces.catalogue.errors import Invalid
from workspaces.intake import Vault
from workspaces.intake.erasing import erase, remember, token_of
from workspaces.sealing import NotSealed, seal, unseal

ANNA, BOB = number(1), number(2)
KEY, OTHER = bytes(32), bytes([1] * 32)


@pytest.fixture
def keys(tmp_path):
    return Keys(tmp_path / "keys", "secret" * 8)


@pytest.fixture
def house(tmp_path, keys):
    house = House(tmp_path)
    house.vault = Vault(tmp_path / "vault", KEY, keys)
    return house


def load(house, *people):
    return house.gp([gp_person(each, each) for each in people], conditions=[gp_condition(each) for each in people])


def test_a_sealed_vault_gives_the_same_snapshot(house, tmp_path):
    plain = House(tmp_path / "plain")
    for each in (house, plain):
        load(each, ANNA, BOB)
        each.build(each.opt_outs(BOB))
    assert house.inside(ANNA, BOB) == plain.inside(ANNA, BOB) == {ANNA}
    assert [path.read_bytes() for path in sorted(house.open().room.iterdir())] == [
        path.read_bytes() for path in sorted(plain.open().room.iterdir())
    ]


def test_nothing_of_it_can_be_read_on_the_disk(house):
    load(house, ANNA)
    (held,) = house.vault.current()
    files = sorted(house.vault.folder_of(held).iterdir())
    assert {path.suffix for path in files} == {".json", ".sealed"}
    assert not any(b"PAR1" in path.read_bytes() or ANNA.encode() in path.read_bytes() for path in files)
    with pytest.raises(duckdb.Error):
        duckdb.read_parquet(str(house.vault.path_of("person", held))).fetchall()


def test_with_its_key_a_load_is_gone(house, keys):
    load(house, ANNA)
    (held,) = house.vault.current()
    house.vault.close()
    keys.shred_load(house.vault.folder_of(held).name)
    with pytest.raises(Invalid, match="key_missing"):
        house.build(house.opt_outs())
    assert keys.loads() == set()


def test_an_erasure_destroys_the_key_under_which_the_person_lay(house, keys):
    load(house, ANNA, BOB)
    (before,) = keys.loads()
    remember(house.vault, "order-1", token_of(ANNA, KEY))
    assert erase(house.vault) == 1
    (held,) = house.vault.current()
    assert keys.loads() == {house.vault.folder_of(held).name} != {before}
    assert duckdb.read_parquet(house.vault.files("person", (held,))).project("nhs_number").fetchall() == [(int(BOB),)]
    house.build(house.opt_outs())
    assert house.inside(ANNA, BOB) == {BOB}


def test_a_load_swapped_for_another_does_not_open(house):
    load(house, ANNA)
    load(house, BOB)
    first, second = house.vault.all()
    stolen, place = house.vault.path_of("person", first), house.vault.path_of("person", second)
    place.chmod(0o600)
    place.write_bytes(stolen.read_bytes())
    with pytest.raises(Invalid, match="vault_damaged"):
        house.vault.files("person", (second,))


def test_memory_is_given_back(house):
    load(house, ANNA)
    (held,) = house.vault.current()
    with house.vault.held():
        path = Path(*house.vault.files("person", (held,)))
        assert path.stat().st_size
    assert not path.exists()


def test_a_vault_from_before_keys_is_read_and_sealed_at_the_next_erasure(house, keys, tmp_path):
    house.vault = Vault(tmp_path / "vault", KEY)
    load(house, ANNA, BOB)
    house.vault = Vault(tmp_path / "vault", KEY, keys)
    house.build(house.opt_outs(), "before")
    remember(house.vault, "order-1", token_of(ANNA, KEY))
    erase(house.vault)
    assert [held.sealed for held in house.vault.all()] == [True]


@pytest.mark.parametrize("size", [0, 1, 2**20 - 1, 2**20, 2**20 + 1, 3 * 2**20])
def test_a_file_of_any_size_comes_back(tmp_path, size):
    content = bytes(range(256)) * (size // 256 + 1)
    (tmp_path / "plain").write_bytes(content[:size])
    assert opened(tmp_path, KEY) == content[:size]


def opened(tmp_path, key, change=lambda sealed: sealed):
    seal(tmp_path / "plain", tmp_path / "sealed", KEY)
    (tmp_path / "sealed").write_bytes(change((tmp_path / "sealed").read_bytes()))
    found = io.BytesIO()
    unseal(tmp_path / "sealed", found, key)
    return found.getvalue()


_HEAD, _SEALED_CHUNK = 15, 2**20 + 16


@pytest.mark.parametrize(
    "change",
    [
        lambda sealed: sealed[:_HEAD],
        lambda sealed: sealed[:-1],
        lambda sealed: sealed[: _HEAD + _SEALED_CHUNK],
        lambda sealed: sealed + b"\0",
        lambda sealed: sealed[:20] + bytes([sealed[20] ^ 1]) + sealed[21:],
        lambda sealed: sealed[:_HEAD] + sealed[_HEAD + _SEALED_CHUNK :] + sealed[_HEAD : _HEAD + _SEALED_CHUNK],
        lambda sealed: sealed[:10] + bytes([sealed[10] ^ 1]) + sealed[11:],
        lambda _: b"",
        lambda _: b"PAR1",
    ],
    ids=["only a head", "cut", "last chunk gone", "longer", "bit", "chunks turned", "random bytes", "empty", "another"],
)
def test_a_file_that_was_changed_does_not_open(tmp_path, change):
    (tmp_path / "plain").write_bytes(bytes(2 * 2**20))
    with pytest.raises(NotSealed):
        opened(tmp_path, KEY, change)


def test_another_key_does_not_open_it(tmp_path):
    (tmp_path / "plain").write_bytes(b"plain")
    with pytest.raises(NotSealed):
        opened(tmp_path, OTHER)
