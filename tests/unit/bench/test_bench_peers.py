"""Other libraries beside ours: their answers are read, errors measured, and what is missing is said."""

import json

import pytest

from infra.bench.data import snapshot_of
from infra.bench.peers.__main__ import line
from infra.bench.peers.compare import PEERS, Found, Unanswered, ask_us, compared, exact_of, read
from infra.bench.peers.questions import QUESTIONS

PEER, COUNT = PEERS[0], QUESTIONS[0]


def test_an_answer_is_the_last_line_printed():
    said = json.dumps({"seconds": [9.0, 1.0, 3.0], "answers": [{"a": 1.0}]})
    assert read(0, f"a warning\n{said}\n", "") == Found([9.0, 1.0, 3.0], [{"a": 1.0}])
    assert read(0, said, "").typical == 2.0  # the first call warms up


def test_a_failure_keeps_its_reason():
    assert read(1, "", "Traceback\nImportError: no such thing\n") == "failed: ImportError: no such thing"
    assert read(0, "", "") == "failed: no message"


def test_errors_are_means_over_all_cells_with_people():
    exact = {"a": 10.0, "b": 5.0}
    assert Found([1.0], [{"a": 12.0, "b": 5.0}, {"a": 10.0}]).error(exact) == pytest.approx((2 + 0 + 0 + 5) / 4)


def test_ours_and_theirs_stand_side_by_side():
    mine, theirs = Found([9.0, 1.0], [{"a": 11.0}]), Found([9.0, 4.0], [{"a": 8.0}])
    seconds, error = compared(PEER, COUNT, mine, theirs, {"a": 10.0})
    assert (seconds.group, seconds.ratio, error.ratio) == ("peer", 0.25, 0.5)
    assert "OpenDP Polars" in line(error)


def test_an_error_of_nothing_divides_nothing():
    same = Found([1.0], [{"a": 10.0}])
    assert compared(PEER, COUNT, same, same, {"a": 10.0})[1].ratio == 1.0


def test_what_is_missing_is_said():
    assert "no answer in 120 s" in line(Unanswered("Tumult Analytics", "count", "no answer in 120 s"))


@pytest.mark.parametrize("question", [*QUESTIONS[:6], QUESTIONS[-1]], ids=lambda each: each.what)
def test_ours_names_the_cells_as_the_truth_does(question, tmp_path):
    files = snapshot_of(tmp_path, 3_000, 3_000)
    exact, found = exact_of(question, files), ask_us(PEER, question, files)
    assert set(exact) <= set(found.answers[0])
    assert found.error(exact) < 0.5 * sum(exact.values()) / len(exact)
