"""Whatever the records hold, every statistic is answered: one draw of the same numbers, no refusal, no failure."""

import json
import math
from collections import Counter
from dataclasses import replace

import pytest

from disclosure import noise
from disclosure.checks.on_releases import check_release
from disclosure.checks.presets import DEFAULT, preset
from disclosure.release import draw
from disclosure.statistics.registry import REGISTRY
from tests.factories import snapshots
from tests.factories.snapshots import GRANTED, request, snapshot

pytestmark = pytest.mark.slow
EXAMPLES = {
    each["kind"]: each
    for each in [*snapshots.STATISTICS, *snapshots.MORE, *snapshots.EVENTS, *getattr(snapshots, "LATER", [])]
}
TERMS = replace(GRANTED, request_epsilon_micro=1_000_000)
SAME = {"sex": "female", "age_band": "40-44", "born": 1980, "sbp": 120, "hypertension": True}
WORLDS = {
    "nobody": [],
    "one person of whom nothing is known": [{"sex": None, "sbp": None, "hypertension": False}],
    "a group nobody is in": [SAME] * 40,
    "not a number": [{**SAME, "sbp": math.nan}] * 3,
    "infinities": [{**SAME, "sbp": math.inf}, {**SAME, "sbp": -math.inf}],
    "numbers that overflow": [{**SAME, "sbp": 1e300, "born": 2**31 - 1}, {**SAME, "sbp": -1e300, "born": -(2**31)}] * 3,
    "values outside every list": [{**SAME, "sex": "=cmd()", "age_band": "old", "sbp": 10**9}] * 3,
}


def asked():
    statistics = [EXAMPLES[kind] for kind in REGISTRY]
    return request(statistics=statistics, epsilon="1")


def test_every_statistic_has_an_example_to_be_asked():
    assert set(REGISTRY) <= set(EXAMPLES)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """What each world gives: the sizes and settings of what the one noise call drew, and the release."""
    folder, found, seen = tmp_path_factory.mktemp("worlds"), {}, []

    def counted(parts):
        seen.append(
            [(part.mechanism, part.sensitivity, part.scale, part.micro_rho, part.vector.size) for part in parts]
        )
        return real(parts)

    real = noise.add_noise
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(noise, "add_noise", counted)
        for number, (name, people) in enumerate(WORLDS.items()):
            artefact = draw(asked(), TERMS, snapshot(folder / str(number), people))
            assert len(seen) == number + 1
            found[name] = (seen[-1], artefact)
    return found


@pytest.mark.parametrize("world", WORLDS)
def test_the_same_numbers_are_drawn_from_any_world(world, drawn):
    """All but codes, whose keys are not known beforehand: of these only what passes a noisy threshold is seen."""
    here, nowhere = drawn[world], drawn["nobody"]
    for kind, mine, theirs in zip(REGISTRY, here[0], nowhere[0], strict=True):
        assert mine[:4] == theirs[:4]
        assert kind == "codes" or mine == theirs
    cells = [Counter(cell["statistic"] for cell in artefact.cells) for _, artefact in (here, nowhere)]
    for kind in set(REGISTRY) - {"codes"}:
        assert cells[0][EXAMPLES[kind]["name"]] == cells[1][EXAMPLES[kind]["name"]] > 0


@pytest.mark.parametrize("world", WORLDS)
def test_what_is_released_is_finite_and_can_be_checked(world, drawn):
    body = json.loads(drawn[world][1].to_bytes())  # refuses NaN and infinity
    assert {each["kind"] for each in body["statistics"]} == set(REGISTRY)
    for cell in body["cells"]:
        assert cell["low"] is None or cell["high"] is None or cell["low"] <= cell["high"], cell
    assert check_release(body, preset(DEFAULT), floor_half_width=10).findings
