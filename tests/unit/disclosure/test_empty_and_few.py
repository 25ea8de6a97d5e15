"""Nobody, or one person: every cell of the public keys is drawn as ever, by one call, from whole numbers."""

import numpy as np
import pytest

from disclosure import noise
from disclosure.release import draw
from tests.factories.snapshots import GRANTED, STATISTICS, request, snapshot

NOBODY = []
ONE = [{"sex": "female", "sbp": 120, "hypertension": True}]
UNKNOWN = [{"sex": None, "sbp": None, "hypertension": False}]
OUTSIDE = [{"sex": "not in the list", "sbp": 10**9, "hypertension": False}]
LABELS = {"Female", "Male", "Other", "Not known"}


@pytest.fixture
def parts(monkeypatch):
    """The exact parts of each draw, as the one noise call sees them."""
    seen, real = [], noise.add_noise
    monkeypatch.setattr(noise, "add_noise", lambda parts: seen.append(list(parts)) or real(parts))
    return seen


@pytest.mark.parametrize("people", [NOBODY, ONE, UNKNOWN, OUTSIDE], ids=["nobody", "one", "unknown", "outside"])
def test_every_cell_is_drawn_whoever_is_there(people, tmp_path, parts):
    artefact = draw(request(), GRANTED, snapshot(tmp_path, people))
    assert len(parts) == 1
    assert all(part.vector.dtype == np.int64 and isinstance(part.sensitivity, int) for part in parts[0])
    drawn = [number for cell in artefact.cells for number in cell["drawn"]]
    assert len(drawn) == sum(part.vector.size for part in parts[0])
    assert all(isinstance(number, int) for number in drawn)
    # 44 numbers of noise with a deviation above 10: fewer than one in 10^30 draws has half of them zero
    assert sum(number == 0 for number in drawn) < len(drawn) / 2
    assert {cell["labels"]["sex"] for cell in artefact.cells} == LABELS


def test_the_exact_tables_of_one_person_differ_from_nobodys_by_what_is_claimed(tmp_path, parts):
    for name, people in (("nobody", NOBODY), ("one", ONE)):
        draw(request(), GRANTED, snapshot(tmp_path / name, people))
    assert [len(seen) for seen in parts] == [len(STATISTICS)] * 2
    for empty, single in zip(*parts, strict=True):
        change = single.vector - empty.vector
        assert not empty.vector.any()
        assert 0 < (change**2).sum() <= single.sensitivity


@pytest.mark.parametrize("people", [NOBODY, ONE], ids=["nobody", "one"])
def test_a_count_says_how_far_noise_may_have_moved_it(people, tmp_path):
    artefact = draw(request(statistics=STATISTICS[:1]), GRANTED, snapshot(tmp_path, people))
    half = int(artefact.body["statistics"][0]["half_width_95"])
    for cell in artefact.cells:
        assert (cell["value"] - cell["low"], cell["high"] - cell["value"]) == (half, half)
        assert cell["too_noisy"] == (cell["value"] < half)
