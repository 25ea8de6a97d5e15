"""Which risks each kind of statistic bears, in the words of output checkers. A kind that is not listed bears all."""

from enum import Flag, auto


class Risk(Flag):
    """What a rule may have to ask about a statistic."""

    NONE = 0
    DOMINANCE = auto()  # one person's value may make up much of a total
    MODEL = auto()  # few degrees of freedom
    RATIO = auto()  # rests on counts that are not its figures
    ALL = DOMINANCE | MODEL | RATIO


RISKS = {
    "count": Risk.NONE,
    "histogram": Risk.NONE,
    "table": Risk.NONE,
    "quantiles": Risk.NONE,
    "periods": Risk.NONE,
    "codes": Risk.NONE,
    "forecast": Risk.NONE,
    "sum": Risk.DOMINANCE,
    "mean": Risk.DOMINANCE | Risk.RATIO,
    "spread": Risk.DOMINANCE | Risk.RATIO,
    "rate": Risk.DOMINANCE | Risk.RATIO,
    "standardised": Risk.DOMINANCE | Risk.RATIO,
    "proportion": Risk.RATIO,
    "comparison": Risk.RATIO,
    "survival": Risk.RATIO,
    "linear": Risk.ALL,
    "logistic": Risk.MODEL | Risk.RATIO,
    "program": Risk.NONE,  # one person is one block's answer, whatever it is made of
}


def bears(kind: str, risk: Risk) -> bool:
    """Does a statistic of that kind bear the risk?"""
    return bool(RISKS.get(kind, Risk.ALL) & risk)
