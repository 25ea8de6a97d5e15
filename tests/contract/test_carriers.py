"""The exchange with the national service is the same by either way: a pair of folders, or MESH."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.national.sandbox import Sandbox, sandbox
from tests.factories.carriers import Folders, OverMesh
from tests.factories.records import council_row, number
from workspaces.catalogue.errors import Invalid
from workspaces.opt_outs import waiting

PEOPLE = [number(n) for n in range(1, 31)]
ANNA, BOB, *_ = PEOPLE


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with sandbox(["X26TRE01"]) as found:
        yield found


@pytest.fixture(params=["folders", pytest.param("mesh", marks=pytest.mark.slow)])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Folders | OverMesh:
    if request.param == "folders":
        made = Folders(tmp_path)
    else:
        made = OverMesh(tmp_path, request.getfixturevalue("running"), chunk_bytes=100)
    made.house.council([council_row(str(place), each) for place, each in enumerate(PEOPLE)])
    return made


def code_of(way, local_id):
    with pytest.raises(Invalid) as why:
        way.house.read(local_id)
    assert not any(each in str(why.value) for each in PEOPLE)
    return why.value.code


def test_who_opted_out_is_not_allowed(way):
    local_id = way.ask()
    assert way.serve(BOB) == (local_id,)
    way.collect()
    opt_outs = way.house.read(local_id)
    assert (opt_outs.receipt.asked, opt_outs.receipt.removed) == (30, 1)
    way.house.build(opt_outs)
    assert way.house.inside(*PEOPLE) == set(PEOPLE) - {BOB}


def test_two_requests_and_their_answers_are_never_mixed(way):
    first, second = way.ask(), way.ask()
    assert first != second
    assert set(way.serve(BOB)) == {first, second}
    way.collect()
    assert [way.house.read(each).receipt.local_id for each in (second, first)] == [second, first]


def test_without_an_answer_there_is_none_yet(way):
    local_id = way.ask()
    way.collect()
    assert code_of(way, local_id) == "opt_outs:no_answer_yet"
    assert waiting(way.house.exchange) == (local_id,)


def test_a_call_made_again_changes_nothing(way):
    local_id = way.ask()
    way.carrier.send(way.house.exchange)
    assert way.serve() == (local_id,)
    way.collect()
    way.collect()
    assert way.serve() == ()
    assert way.house.read(local_id).receipt.allowed == 30


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Invalid NHS number at line 3", "opt_outs:request_refused"),
        ("\n", "opt_outs:answer_empty"),
        (f"{ANNA},\n{ANNA},\n", "opt_outs:answer_malformed"),
        (f"{number(99)},\n", "opt_outs:foreign_numbers"),
    ],
)
def test_a_strange_answer_makes_no_list(way, text, code):
    local_id = way.ask()
    way.deliver(local_id, text)
    way.collect()
    assert code_of(way, local_id) == code
