"""Which noise is cheaper, what a wanted accuracy costs, and that intervals hold for either noise."""

import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from disclosure.accounting import SCALE_STEP, drawable, laplace_cost
from disclosure.explain import CONFIDENCE, GAUSSIAN, LAPLACE, bound
from disclosure.mechanisms import Market, floor_scale
from disclosure.noise import Exact, add_noise
from disclosure.release import draw, price
from tests.factories import snapshots
from tests.factories.snapshots import GRANTED, STATISTICS, request, snapshot
from tests.factories.statistics import ASKED
from tests.factories.statistics import bound as bound_to
from workspaces.catalogue.errors import Invalid

COUNT, SHARE, TOTAL, MEAN, BINS = STATISTICS
PURE = replace(GRANTED, delta_e15=0)
MARKET = Market(pure=False, floor_half_width=10, population=20_000)
BOTH = ("count", "proportion", "sum", "mean", "histogram")


def refusal_of(terms, **changes):
    with pytest.raises(Invalid) as caught:
        price(request(**changes), terms)
    return caught.value


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("charge", [300, 6_000, 20_000])
def test_in_a_ledger_of_rho_the_gaussian_is_the_cheaper_one(kind, charge):
    statistic = bound_to(kind)
    offered = MARKET._offered(statistic)
    assert [mechanism for mechanism, _ in offered] == [GAUSSIAN, LAPLACE]
    chosen = MARKET.for_charge(statistic, charge)
    laplace = MARKET._at(offered[1][1], LAPLACE, MARKET._scale(statistic.contribution, LAPLACE, charge))
    assert chosen.mechanism == GAUSSIAN
    assert chosen.charge <= charge
    assert laplace.charge <= charge
    wider = laplace.expected.half_width > chosen.expected.half_width
    assert wider or laplace.charge > chosen.charge


def test_the_one_whose_accuracy_is_cheaper_is_taken(monkeypatch):
    """Were a Laplace to cost a fifth, as an exact price could say one day, it would be taken: nothing is fixed."""
    monkeypatch.setattr("disclosure.mechanisms.laplace_scale", lambda *, l1, micro_rho: Fraction(2 * l1))  # noqa: ARG005
    monkeypatch.setattr("disclosure.mechanisms.laplace_cost", lambda *, l1, scale: 5)  # noqa: ARG005
    assert replace(MARKET, floor_half_width=0).for_charge(bound_to("count"), 6_000).mechanism == LAPLACE


def test_pure_epsilon_is_spent_on_laplace_noise_and_enters_the_ledger_at_its_half_square():
    found = price(request(statistics=[COUNT], epsilon="0.5"), replace(PURE, floor_half_width=0))
    line = found.lines[0]
    assert line.mechanism == LAPLACE
    assert line.scale == 2
    assert found.epsilon_micro == 500_000
    assert found.delta_e15 == 0
    assert found.micro_rho == laplace_cost(l1=1, scale=line.scale)
    assert line.half_width_95 == bound(line.scale, LAPLACE, CONFIDENCE) == 6
    assert bound(line.scale, LAPLACE, CONFIDENCE) < price(request(statistics=[COUNT]), GRANTED).lines[0].half_width_95


def test_pure_epsilon_is_shared_and_never_exceeded():
    found = price(request(epsilon="0.7"), PURE)
    assert [line.mechanism for line in found.lines] == [LAPLACE] * 5
    assert 690_000 < found.epsilon_micro <= 700_000
    assert found.micro_rho == sum(line.micro_rho for line in found.lines)


def test_a_statistic_with_a_threshold_needs_a_delta():
    assert refusal_of(PURE, statistics=[EXAMPLES["codes"]]).code == "request:needs_delta"


@pytest.mark.parametrize("mechanism", [GAUSSIAN, LAPLACE])
@pytest.mark.parametrize("half_width", [1, 10, 25, 100])
def test_the_floor_holds_for_either_noise(mechanism, half_width):
    scale = floor_scale(half_width, mechanism)
    assert bound(scale, mechanism, CONFIDENCE) >= half_width
    assert bound(scale * 9 / 10, mechanism, CONFIDENCE) < max(2, half_width)


@pytest.mark.parametrize("index", range(5))
def test_a_pure_release_is_drawn_and_says_its_noise(index, tmp_path):
    people = [{"sex": "female", "sbp": Fraction(120), "hypertension": n % 2 == 0} for n in range(300)]
    artefact = draw(request(statistics=[STATISTICS[index]], epsilon="1"), PURE, snapshot(tmp_path, people))
    described = json.loads(artefact.to_bytes())["statistics"][0]
    assert described["mechanism"] == LAPLACE
    female = next(cell for cell in artefact.cells if cell["keys"]["sex"] == "female")
    limit = bound(Fraction(described["scale"]), LAPLACE, cells=10)
    exact = {"people": 300, "hypertension_share": 150, "total_sbp": 36_000, "mean_sbp": -20 * 300, "sbp_bins": 0}
    assert abs(female["drawn"][0] - exact[artefact.cells[0]["statistic"]]) <= limit


DRAWS = 20_000


@pytest.mark.parametrize(("kind", "exact"), [("proportion", [30, 90]), ("mean", [4_000, 120 * 76])])
def test_ratios_with_laplace_noise_hold_their_exact_value_as_often_as_they_say(kind, exact):
    offered = dict(replace(MARKET, pure=True)._offered(bound_to(kind, by=[])))
    statistic = offered[LAPLACE]
    scale = floor_scale(10, LAPLACE) * statistic.contribution.largest
    l1 = statistic.contribution.l1
    part = Exact(np.tile(np.array(exact), DRAWS), LAPLACE, l1, scale, laplace_cost(l1=l1, scale=scale))
    rows = statistic.rows(add_noise([part])[0].reshape(DRAWS, 2), scale)
    truth = statistic.rows(np.array([exact]), Fraction(1, 1024))[0][0].value
    missed = sum(row[0].low is None or not row[0].low <= truth <= row[0].high for row in rows)
    assert missed / DRAWS < 0.05 + 5 * (0.05 * 0.95 / DRAWS) ** 0.5
    assert missed / DRAWS > 0.005  # nor are they needlessly wide


WANTED = [(COUNT, "25"), (COUNT, "200"), (TOTAL, "5000"), (BINS, "31"), (SHARE, "0.01"), (MEAN, "0.5")]


@pytest.mark.parametrize(("statistic", "wanted"), WANTED)
@pytest.mark.parametrize("terms", [GRANTED, PURE])
def test_a_wanted_width_buys_the_cheapest_noise_that_keeps_it(statistic, wanted, terms):
    found = price(request(statistics=[{**statistic, "half_width": wanted}], epsilon="1"), terms)
    line = found.lines[0]
    assert line.half_width_95 <= Decimal(wanted) == line.wanted
    market = Market(terms.delta_e15 == 0, 0, terms.public_population)
    chosen = next(made for made in price_parts(found, statistic, terms) if made)
    again = market._at(chosen, line.mechanism, line.scale + SCALE_STEP)
    assert again.expected.half_width > Decimal(wanted)
    assert again.charge <= market._at(chosen, line.mechanism, line.scale).charge
    assert (line.assumes is None) == (statistic["kind"] not in ("proportion", "mean"))


def price_parts(found, statistic, terms):
    from disclosure.clearance import clear

    wanted = str(found.lines[0].wanted)
    return clear(request(statistics=[{**statistic, "half_width": wanted}], epsilon="1"), terms).statistics


EXAMPLES = {each["kind"]: each for each in [*STATISTICS, *snapshots.MORE, *snapshots.EVENTS]}


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_the_width_that_an_epsilon_gives_costs_no_more_than_that_epsilon(kind):
    """Forwards and back again, for every statistic: the widest noise that keeps a width is at least as cheap."""
    forwards = price(request(statistics=[EXAMPLES[kind]], epsilon="0.2"), GRANTED).lines[0]
    if forwards.half_width_95 is None:
        wanting = {**EXAMPLES[kind], "half_width": "10"}
        assert refusal_of(GRANTED, statistics=[wanting]).code == "request:half_width"
        return
    wanted = f"{forwards.half_width_95:f}"
    back = price(request(statistics=[{**EXAMPLES[kind], "half_width": wanted}], epsilon="1"), GRANTED).lines[0]
    assert back.half_width_95 <= forwards.half_width_95
    assert back.scale >= forwards.scale
    assert back.micro_rho <= forwards.micro_rho
    assert (back.assumes, back.mechanism) == (forwards.assumes, forwards.mechanism)


def test_what_a_width_costs_is_enough_to_have_it():
    found = price(request(statistics=[{**COUNT, "half_width": 25}], epsilon="1"), GRANTED)
    epsilon = str(Decimal(found.epsilon_micro) / 10**6)
    paid = price(request(statistics=[COUNT], epsilon=epsilon), GRANTED)
    assert paid.lines[0].half_width_95 == 25
    assert paid.lines[0].scale == found.lines[0].scale


def test_where_every_width_is_said_epsilon_may_be_left_out():
    body = request(statistics=[{**COUNT, "half_width": 25}], epsilon="1").canonical()
    del body["epsilon"]
    from disclosure.requests import parse_request

    assert parse_request(body).digest() == request(statistics=[{**COUNT, "half_width": "25.0"}], epsilon=1).digest()
    body["statistics"].append(BINS)
    with pytest.raises(Invalid) as caught:
        parse_request(body)
    assert caught.value.code == "request:epsilon"


def test_the_others_share_what_widths_leave():
    alone = price(request(statistics=[{**COUNT, "half_width": 40}]), GRANTED).micro_rho
    found = price(request(statistics=[{**COUNT, "half_width": 40}, SHARE, BINS], epsilon="0.5"), GRANTED)
    assert found.lines[0].micro_rho == alone
    assert abs(found.lines[1].micro_rho - found.lines[2].micro_rho) <= 1
    assert found.epsilon_micro <= 500_000
    assert found.micro_rho > 6_000


def test_widths_that_cost_more_than_is_offered_are_refused_with_their_epsilon():
    refused = refusal_of(GRANTED, statistics=[{**COUNT, "half_width": 18}], epsilon="0.2")
    assert refused.code == "request:half_width_costs"
    assert "epsilon 0.4" in refused.sentence
    enough = str(Decimal(price(request(statistics=[{**COUNT, "half_width": 18}]), GRANTED).epsilon_micro) / 10**6)
    both = refusal_of(GRANTED, statistics=[{**COUNT, "half_width": 18}, BINS], epsilon=enough)
    assert both.code == "request:half_width_costs"


def test_a_width_below_the_floor_gives_the_floor_and_says_so():
    line = price(request(statistics=[{**COUNT, "half_width": 3}], epsilon="1"), GRANTED).lines[0]
    assert line.at_floor
    assert line.half_width_95 == 10
    assert "floor" in line.note


@pytest.mark.parametrize("wanted", [0, -1, "nan", "1e3", "", True, [5], float("inf"), "0.0000000001"])
def test_a_width_is_a_plain_number_above_nothing(wanted):
    assert refusal_of(GRANTED, statistics=[{**COUNT, "half_width": wanted}]).code == "request:half_width"


def test_a_width_that_no_noise_can_keep_is_refused():
    tiny = replace(GRANTED, floor_half_width=0, public_population=1)
    assert refusal_of(tiny, statistics=[{**SHARE, "half_width": "0.00001"}]).code == "request:half_width"


def test_all_statistics_but_those_with_a_threshold_are_offered_with_laplace():
    offered = {kind for kind in ASKED if LAPLACE in dict(MARKET._offered(bound_to(kind)))}
    assert set(ASKED) - offered == {"codes"}


@pytest.mark.parametrize("kind", sorted(set(ASKED) - {"codes"}))
def test_the_floor_is_that_of_all_numbers_which_tell_of_one_count(kind):
    """A Laplace number tells as much as a Gaussian of its scale: k of them of one count leave scale / √k at least."""
    statistic = dict(MARKET._offered(bound_to(kind)))[LAPLACE]
    noise = MARKET._at(statistic, LAPLACE, Fraction(1))
    claim = statistic.contribution
    told = floor_scale(10, LAPLACE) if claim.l1 == claim.largest else floor_scale(10) * claim.l2_squared**0.5
    assert noise.scale >= told or kind in ("table", "quantiles")
    assert noise.scale >= floor_scale(10, LAPLACE)
    assert noise.at_floor


WIDE = "SELECT person_id, (year_of_birth - 1900) * (year_of_birth - 1900) * 20 AS v FROM person"
DRAWABLE = [
    Fraction(1, 1024),
    Fraction(2**53 - 1, 1024),
    Fraction(2**53 + 1, 1024),
    Fraction(2**60 + 3, 1024),
    Fraction(10) ** 30,
]


@pytest.mark.parametrize("scale", DRAWABLE)
def test_a_scale_is_one_that_the_sampler_can_hold(scale):
    above, below = drawable(scale), drawable(scale, up=False)
    assert Fraction(float(above)) == above >= scale
    assert Fraction(float(below)) == below <= scale
    assert above - below <= scale / 2**52
    assert drawable(above) == drawable(above, up=False) == above


@pytest.mark.parametrize("upper", range(2**18 - 21, 2**18 - 2, 2))
def test_what_is_priced_can_be_drawn_however_wide_the_noise(upper):
    """Scales beyond 2^53 steps have no float: such a request was priced, paid for, and then failed."""
    terms = replace(GRANTED, tables={"person": ("year_of_birth",)})
    spread = {"name": "s", "kind": "spread", "of": "v", "lower": 0, "upper": upper}
    asked = request(view={"sql": WIDE}, statistics=[spread], epsilon="0.006")
    line = price(asked, terms).lines[0]
    assert line.scale > 2**43
    assert Fraction(float(line.scale)) == line.scale
    add_noise([Exact(np.zeros(3, dtype=np.int64), line.mechanism, 2 * 10**20, line.scale, 10 * line.micro_rho)])
