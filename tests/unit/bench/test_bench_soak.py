"""A soak finds a process that grows, and lets one be that only breathes."""

import os
import random

import pytest

from infra.bench.traffic.asking import Answer
from infra.bench.traffic.reckoning import Books
from infra.bench.traffic.soak import MIB_PER_HOUR, Samples, Soaked

WELL = Books((), 1, 1, 1, 1)
SECONDS = range(0, 1200, 2)


def samples(mib_per_hour: float = 0.0, files_per_hour: float = 0.0, warm: float = 80.0) -> Samples:
    """Twenty minutes of a process that fills up at first, breathes by two MiB, and grows by so much."""
    rng, found = random.Random(4), Samples("web", os.getpid())  # noqa: S311
    for second in SECONDS:
        found.seconds.append(second)
        filled = 60 + warm * min(1.0, second / 240)
        found.mib.append(filled + rng.uniform(0, 2) + mib_per_hour * second / 3600)
        found.files.append(int(20 + rng.choice([0, 1, 2]) + files_per_hour * second / 3600))
    return found


def test_what_fills_up_at_first_and_then_breathes_is_flat() -> None:
    assert samples().flat
    assert abs(samples().slope) < MIB_PER_HOUR / 6


@pytest.mark.parametrize("leak", [{"mib_per_hour": 60}, {"files_per_hour": 60}])
def test_a_leak_of_one_a_minute_is_found(leak: dict[str, float]) -> None:
    found = samples(**leak)
    assert not found.flat
    assert not Soaked((samples(), found), (), WELL).well
    assert found.told()["flat"] is False


def test_an_error_or_a_wrong_book_is_no_good_soak() -> None:
    fine = Answer("page", 200, 0.1)
    assert Soaked((samples(),), (fine,), WELL).well
    assert not Soaked((samples(),), (fine, Answer("page", 503, 0.1)), WELL).well
    assert not Soaked((samples(),), (fine,), Books(("overspent",), 1, 1, 1, 1)).well


def test_this_very_process_can_be_sampled() -> None:
    found = Samples("tests", os.getpid())
    found.take(0.0)
    held = [open(os.devnull, "rb") for _ in range(9)]  # noqa: SIM115
    ballast = bytearray(40 * 2**20)
    found.take(1.0)
    for each in held:
        each.close()
    assert found.files[1] - found.files[0] == 9
    assert found.mib[1] - found.mib[0] > len(ballast) / 2**20 / 2
    gone = Samples("gone", 2**22 + 1)
    gone.take(0.0)
    assert gone.seconds == []
