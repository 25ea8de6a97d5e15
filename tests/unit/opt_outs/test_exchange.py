"""Anything strange about an answer and there is no list; a list too old, or none, and there is no snapshot."""

from datetime import timedelta

import duckdb
import pytest

from tests.factories.records import NOW, House, council_row, number
from workspaces.catalogue.errors import Invalid
from workspaces.opt_outs import expire, unmatched, waiting

ANNA, BOB, CYD, EVE = (number(n) for n in (1, 2, 3, 4))


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path)
    house.council([council_row(str(place), each) for place, each in enumerate((ANNA, BOB, CYD))])
    return house


def code_of(call, *arguments, **named):
    with pytest.raises(Invalid) as why:
        call(*arguments, **named)
    assert why.value.next_step
    assert not any(each in str(why.value) for each in (ANNA, BOB, CYD, EVE))
    return why.value.code


def test_a_request_asks_about_everybody_in_the_real_layout(house):
    local_id = house.ask()
    (path,) = house.exchange.outbox.glob("*.dat")
    assert path.read_text() == f"{ANNA},\n{BOB},\n{CYD},\n"
    assert path.stem == "X26TRE01-01072026-0001"
    assert waiting(house.exchange) == (local_id,)


@pytest.mark.parametrize("end", [",\n", "\n", ",\r\n", " , \n", ",\n\n"])
def test_the_answer_allows_those_it_names(house, end):
    local_id = house.ask()
    house.answer(local_id, f"{ANNA}{end}{CYD}{end}")
    opt_outs = house.read(local_id)
    assert (opt_outs.receipt.asked, opt_outs.receipt.allowed, opt_outs.receipt.removed) == (3, 2, 1)
    house.build(opt_outs)
    assert house.inside(ANNA, BOB, CYD) == {ANNA, CYD}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("", "opt_outs:answer_empty"),
        ("\n\r\n", "opt_outs:answer_empty"),
        ("Invalid NHS number at line 3", "opt_outs:request_refused"),
        (f"{ANNA},\n{EVE},\n", "opt_outs:foreign_numbers"),
        (f"{ANNA},\n{ANNA},\n", "opt_outs:answer_malformed"),
        (f"{ANNA},\n{BOB[:-1]},\n", "opt_outs:answer_malformed"),  # cut short
        (f"{ANNA},opted out\n{BOB},\n", "opt_outs:answer_malformed"),
        (b"\xff\xfe1\x00,\x00", "opt_outs:answer_malformed"),
        (b"\xff\n\xff\n", "opt_outs:answer_malformed"),
    ],
)
def test_a_strange_answer_makes_no_list(house, answer, code):
    local_id = house.ask()
    house.answer(local_id, answer)
    assert code_of(house.read, local_id) == code
    assert waiting(house.exchange) == (local_id,)


@pytest.mark.parametrize("control", [{"local_id": "another"}, {"workflow_id": "OTHER"}])
def test_an_answer_to_something_else_makes_no_list(house, control):
    local_id = house.ask()
    house.answer(local_id, f"{ANNA},\n", **control)
    assert code_of(house.read, local_id) in {"opt_outs:unmatched", "opt_outs:answer_malformed"}


@pytest.mark.parametrize("control", [b"", b"[]", b"\xff", b"[" * 100_000])
def test_a_control_file_that_is_none_makes_no_list(house, control):
    local_id = house.ask()
    house.answer(local_id, f"{ANNA},\n")
    (house.exchange.inbox / f"{local_id}.ctl").write_bytes(control)
    assert code_of(house.read, local_id) == "opt_outs:answer_malformed"


@pytest.mark.parametrize("local_id", ["nobody-asked", "../state", "", "."])
def test_an_answer_that_nobody_asked_for_is_not_read(house, local_id):
    house.ask()
    assert code_of(house.read, local_id) == "opt_outs:unmatched"


def test_an_answer_that_nobody_asked_for_is_told(house):
    house.ask()
    house.answer("X26TRE01-01012020-0001-00000000", f"{ANNA},\n")
    assert unmatched(house.exchange) == ("X26TRE01-01012020-0001-00000000",)


def test_no_answer_yet(house):
    assert code_of(house.read, house.ask()) == "opt_outs:no_answer_yet"


def test_the_answer_to_an_older_request_does_not_serve_a_newer_one(house):
    older = house.ask()
    house.answer(older, f"{ANNA},\n")
    house.council([council_row("9", BOB)])
    newer = house.ask()
    house.answer(newer, f"{ANNA},\n")  # the old answer again, under the new id
    assert code_of(house.read, newer) == "opt_outs:foreign_numbers"


def test_an_answer_read_once_stays_as_it_was(house):
    local_id = house.ask()
    house.answer(local_id, f"{ANNA},\n")
    first = house.read(local_id)
    house.answer(local_id, f"{ANNA},\n{BOB},\n")
    assert house.read(local_id, NOW + timedelta(days=1)) == first


def test_more_removed_than_can_be_true_makes_no_list(tmp_path):
    house = House(tmp_path)
    house.council([council_row(str(n), number(n)) for n in range(1, 21)])
    house.exchange = type(house.exchange)(**{**vars(house.exchange), "max_removed_share": 0.35})
    local_id = house.ask()
    house.answer(local_id, "".join(f"{each},\n" for each in house.asked()[:12]))
    assert code_of(house.read, local_id) == "opt_outs:too_many_removed"
    house.answer(local_id, "".join(f"{each},\n" for each in house.asked()[:13]))
    assert house.read(local_id).receipt.removed == 7


def test_without_a_list_there_is_no_snapshot(house):
    assert code_of(house.build, None) == "opt_outs:no_list"
    assert house.store.list("") == []


@pytest.mark.parametrize(
    ("age", "policy", "is_built"),
    [
        (timedelta(days=7), 7, True),
        (timedelta(days=7, seconds=1), 7, False),
        (timedelta(days=21), 365, True),
        (timedelta(days=21, seconds=1), 365, False),  # no policy lifts the ceiling
        (timedelta(seconds=-1), 7, False),
    ],
)
def test_a_list_serves_until_it_is_too_old(house, age, policy, is_built):
    local_id = house.ask(NOW)
    house.answer(local_id, f"{ANNA},\n")
    opt_outs = house.read(local_id, NOW + timedelta(days=30))  # when it was read makes it no younger
    if is_built:
        assert house.build(opt_outs, now=NOW + age, max_list_age_days=policy).people == 1
    else:
        assert code_of(house.build, opt_outs, now=NOW + age, max_list_age_days=policy) == "opt_outs:not_fresh"
        assert house.store.list("") == []


def test_a_list_that_lost_people_is_not_used(house):
    opt_outs = house.opt_outs()
    held = duckdb.from_parquet(str(opt_outs.allowed)).limit(1).fetchall()
    opt_outs.allowed.chmod(0o600)
    duckdb.sql(f"SELECT {held[0][0]}::UBIGINT AS hashed").write_parquet(str(opt_outs.allowed))
    assert code_of(house.build, opt_outs) == "opt_outs:list_damaged"


def test_no_number_lies_where_lists_are_kept_once_the_answer_is_in(house):
    local_id = house.ask()
    house.answer(local_id, f"{ANNA},\n{CYD},\n")
    kept = house.exchange.state / local_id
    assert set(duckdb.from_parquet(str(kept / "asked.parquet")).columns) == {"hashed"}
    opt_outs = house.read(local_id)
    assert list(house.exchange.outbox.iterdir()) == list(house.exchange.inbox.iterdir()) == []
    for path in (opt_outs.asked, opt_outs.allowed):
        held = duckdb.from_parquet(str(path))
        assert held.columns == ["hashed"]
        assert not {row[0] for row in held.fetchall()} & {int(each) for each in (ANNA, BOB, CYD)}


def test_two_lists_of_the_same_people_share_nothing(house):
    first, second = house.opt_outs(), house.opt_outs()
    hashes = [{row[0] for row in duckdb.from_parquet(str(each.asked)).fetchall()} for each in (first, second)]
    assert [len(each) for each in hashes] == [3, 3]
    assert not hashes[0] & hashes[1]


def test_a_list_too_old_ends_with_its_key(house):
    old, unanswered = house.opt_outs(), house.ask()
    young = house.opt_outs(now=NOW + timedelta(days=1))
    assert expire(house.exchange, NOW + timedelta(days=21)) == 0
    assert expire(house.exchange, NOW + timedelta(days=21, seconds=1)) == 2
    assert [path.parent.name for path in house.exchange.state.glob("*/request.json")] == [young.folder.name]
    assert list(house.exchange.outbox.iterdir()) == []
    keys = house.exchange.keys
    assert [keys.has_opt_outs(each) for each in (old.folder.name, unanswered, young.folder.name)] == [
        False,
        False,
        True,
    ]
    assert code_of(house.exchange.opened, old.folder.name) == "opt_outs:no_list"
    assert expire(house.exchange, NOW + timedelta(days=21, seconds=1)) == 0


def test_a_list_without_its_key_allows_nobody_and_makes_no_new_one(house):
    opt_outs = house.opt_outs()
    house.exchange.keys.shred_opt_outs(opt_outs.folder.name)
    assert code_of(house.exchange.opened, opt_outs.folder.name) == "opt_outs:no_list"
    assert not house.exchange.keys.has_opt_outs(opt_outs.folder.name)
