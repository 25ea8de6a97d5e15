"""A new statistic says which risks it bears before it is offered; one that does not is taken to bear all."""

from disclosure.checks.risks import RISKS, Risk, bears
from disclosure.statistics.registry import REGISTRY


def test_every_statistic_that_can_be_asked_for_is_listed():
    assert set(REGISTRY) <= set(RISKS)


def test_one_that_is_not_listed_bears_every_risk():
    assert all(bears("tomorrow's", risk) for risk in (Risk.DOMINANCE, Risk.MODEL, Risk.RATIO))
    assert not bears("count", Risk.ALL)
