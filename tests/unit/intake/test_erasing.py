"""A person who was erased is in no load, no list and no later delivery; cut off anywhere, an erasure goes on."""

import os
import shutil

import duckdb
import numpy as np
import pytest

from gateway.store.keys import Keys
from tests.factories.records import House, council_row, gp_code, gp_condition, gp_person, number, patient
from tests.factories.sealed import opened_loads
from workspaces.catalogue.errors import Invalid
from workspaces.intake import Vault, erasing
from workspaces.opt_outs.forgetting import forget

ANNA, BOB, CYD = number(1), number(2), number(3)


@pytest.fixture
def house(tmp_path):
    """Three people; Anna is known to a practice that has her opt-out, to a trust and to a council."""
    made = House(tmp_path)
    made.vault = Vault(tmp_path / "vault", made.exchange.keys.erasures(), Keys(tmp_path / "keys", "k" * 32))
    made.gp(
        [gp_person("1", ANNA), gp_person("2", BOB)],
        codes=[gp_code("1", "9Nu0")],
        conditions=[gp_condition("1"), gp_condition("2")],
    )
    made.hospital([patient("a", ANNA), patient("c", CYD)])
    made.council([council_row("1", ANNA), council_row("2", BOB), council_row("3", CYD)])
    return made


def order(house, *numbers):
    for each in numbers:
        erasing.remember(house.vault, f"order-{each[-3:]}", erasing.token_of(each, house.vault.key))


def held(house):
    """Every number in any load whose key there is, and everybody of the three whom an answered list knows."""
    numbers = np.array([int(each) for each in (ANNA, BOB, CYD)], dtype=np.int64)
    known = set()
    for folder in (path.parent for path in house.exchange.state.glob("*/list.json")):
        hashes = house.exchange.opened(folder.name).hashing.of(numbers).tolist()
        query = "SELECT hashed FROM read_parquet(?)"
        kept = {row[0] for row in duckdb.execute(query, [f"{folder}/*.parquet"]).fetchall()}
        known |= {each for each, hashed in zip((ANNA, BOB, CYD), hashes, strict=True) if hashed in kept}
    return known | vaulted(house)


def vaulted(house):
    """Every number in what can be read of the vault, whether it counts as a load or not."""
    with opened_loads(house.vault.root, house.vault.keys, house.root) as opened:
        return numbers_in([*opened.rglob("*.parquet"), *house.vault.root.rglob("*.parquet")])


def numbers_in(paths):
    names = [str(path) for path in paths]
    query = "SELECT DISTINCT nhs_number FROM read_parquet(?, union_by_name = true) WHERE nhs_number > 0"
    return {f"{row[0]:010}" for row in duckdb.execute(query, [names]).fetchall()} if names else set()


def test_every_load_is_written_anew_and_nothing_of_the_person_is_in_any(house):
    counts = [load.rows for load in house.vault.all()]
    order(house, ANNA)
    assert vaulted(house) == {ANNA, BOB, CYD}
    assert erasing.erase(house.vault) == 3
    assert vaulted(house) == {BOB, CYD}
    assert [load.revision for load in house.vault.all()] == [1, 1, 1]
    assert [load.rows for load in house.vault.all()] == counts  # what was sent; a change would tell who sent Anna
    assert len(list(house.vault.loads.iterdir())) == 3
    assert erasing.erase(house.vault) == 0


def test_what_is_left_builds_as_if_she_had_never_been_sent(house):
    order(house, ANNA)
    erasing.erase(house.vault)
    built = house.build(house.opt_outs())
    assert house.inside(ANNA, BOB, CYD) == {BOB, CYD}
    assert built.people_in == 2


def test_a_second_erasure_takes_the_next_and_keeps_the_first_away(house):
    order(house, ANNA)
    erasing.erase(house.vault)
    order(house, CYD)
    assert erasing.erase(house.vault) == 3
    assert vaulted(house) == {BOB}


def test_a_source_that_sends_her_again_brings_nothing(house):
    order(house, ANNA)
    erasing.erase(house.vault)
    report = house.council([council_row("1", ANNA), council_row("9", BOB)])
    assert vaulted(house) == {BOB, CYD}
    assert ANNA not in str(report)
    assert erasing.erase(house.vault) == 0  # that load was written without her from the start


def test_the_same_bytes_sent_again_are_known(house):
    row = council_row("77", ANNA)
    house.council([row], organisation="E09000010")
    order(house, ANNA)
    erasing.erase(house.vault)
    assert house.council([row], organisation="E09000010").already_loaded


def test_without_its_key_nothing_more_is_loaded(house, tmp_path):
    order(house, ANNA)
    house.vault = Vault(tmp_path / "vault", keys=house.vault.keys)
    with pytest.raises(Invalid) as why:
        house.council([council_row("9", ANNA)])
    assert why.value.code == "intake:erasures_unread"
    assert len(house.vault.all()) == 3


def test_lists_and_messages_forget_her_and_stay_whole(house):
    answered = house.opt_outs(CYD)
    order(house, ANNA)
    erasing.erase(house.vault)
    forget(house.vault, house.exchange)
    forget(house.vault, house.exchange)
    assert held(house) == {BOB, CYD}
    sent = [path for place in (house.exchange.outbox, house.exchange.inbox) for path in place.iterdir()]
    assert not [path for path in sent if ANNA in path.read_text()]
    house.build(answered)  # the receipt still fits
    assert house.inside(ANNA, BOB, CYD) == {BOB}


def test_an_unanswered_request_stays_as_it_was_sent(house):
    local_id = house.ask()
    order(house, ANNA)
    erasing.erase(house.vault)
    forget(house.vault, house.exchange)
    house.answer(local_id, f"{ANNA},\n{BOB},\n{CYD},\n")
    house.read(local_id)
    forget(house.vault, house.exchange)
    assert ANNA not in held(house)


def test_a_build_that_read_before_the_erasure_is_not_taken_for_one_after_it(house):
    opt_outs = house.opt_outs()
    order(house, CYD)
    house.build(opt_outs)
    assert CYD in house.inside(CYD)
    erasing.erase(house.vault)
    forget(house.vault, house.exchange)
    house.build(opt_outs)
    for path in (house.root / "opened").glob("snapshot-1.*"):
        assert path.is_dir()
    assert not house.inside(CYD)


class Killed(BaseException):
    """What no handler catches."""


STEPS = [(module, name) for module, name in ((os, "rename"), (os, "replace"), (shutil, "rmtree"))]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("turn", range(4))
@pytest.mark.parametrize(("module", "name"), STEPS, ids=lambda each: getattr(each, "__name__", each))
def test_killed_anywhere_it_resumes_and_never_leaves_both(house, monkeypatch, module, name, turn, after):
    """Before or after each move of a file, and each removal of a folder."""
    order(house, ANNA)
    real, left = getattr(module, name), [turn]

    def die(*given, **named):
        left[0] -= 1
        if left[0] < 0 and not after:
            raise Killed
        done = real(*given, **named)
        if left[0] < 0:
            raise Killed
        return done

    with monkeypatch.context() as broken:
        broken.setattr(module, name, die)
        try:
            erasing.erase(house.vault)
        except Killed:
            assert len(house.vault.all()) == 3  # at any moment each source has one load that counts
    erasing.erase(house.vault)
    with house.vault.scratch():
        pass
    assert vaulted(house) == {BOB, CYD}
    assert len(list(house.vault.loads.iterdir())) == 3
