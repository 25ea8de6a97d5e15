"""A wanted half-width goes from the form to the request, and its price back to the page."""

from disclosure.release import price
from disclosure.requests import parse_request
from gateway.commands.requests import shown
from gateway.web.release_form import StatisticForm, _statistic, filled_from
from tests.factories.snapshots import GRANTED, STATISTICS, request

MEAN_WANTED = {**STATISTICS[3], "half_width": "0.5"}


def test_it_survives_the_form():
    stored = request(statistics=[MEAN_WANTED])
    (row,) = filled_from(stored.canonical())["statistics"]
    assert row["half_width"] == "0.5"
    again = _statistic(StatisticForm(data=row))
    assert parse_request({**stored.canonical(), "statistics": [again]}).digest() == stored.digest()


def test_the_price_says_what_was_wanted_and_whether_it_is_a_guide():
    (line,) = shown(price(request(statistics=[MEAN_WANTED]), GRANTED))["lines"]
    assert line["half_width_wanted"] == "0.5"
    assert float(line["half_width_95"]) <= 0.5
    assert "assuming" in line["assumes"]
