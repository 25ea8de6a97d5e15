"""The library works as its own introduction says."""

from textwrap import dedent

import disclosure
from tests.factories.snapshots import snapshot

PEOPLE = [{"sex": sex, "sbp": None, "hypertension": False} for sex in ["female"] * 3_000 + ["male"] * 1_000]


def test_the_example_runs(tmp_path, capsys):
    files = snapshot(tmp_path, PEOPLE)
    example = dedent(disclosure.__doc__.split("::\n")[1].split("\nWhoever")[0])
    exec(example, {"room": files.room, "sampling": files.sampling})  # noqa: S102
    printed = [line.rsplit(maxsplit=3) for line in capsys.readouterr().out.splitlines()]
    found = {label: tuple(map(int, numbers)) for label, *numbers in printed}
    assert len(found) == 4
    for label, true in {"Female": 3_000, "Male": 1_000}.items():
        value, low, high = found[label]
        assert low < value < high
        assert abs(value - true) < 200  # about twenty standard deviations
