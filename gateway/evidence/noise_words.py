"""How figures were drawn, in words for the page of a package. Imports nothing of ours but the page's own parts."""

import math
from decimal import Decimal
from html import escape

from gateway.evidence.figures import JSON

LAPLACE = "discrete Laplace"


def mechanism_line(statistic: JSON) -> str:
    """How the figures of a statistic were blurred or chosen, and what one person can move."""
    scale = float(Decimal(statistic["scale"]))
    bounds = f" Values lie between {statistic['lower']} and {statistic['upper']}." if "lower" in statistic else ""
    if "candidates" in statistic:
        return f"<strong>Choice.</strong> {escape(_chosen(statistic))}{escape(bounds)}"
    return (
        f"<strong>Noise.</strong> {escape(sentence(statistic['mechanism']))} noise of scale {scale:,.2f} on whole "
        f"numbers; one person can move them by at most {_reach(statistic)}.{escape(bounds)}" + _threshold(statistic)
    )


def _chosen(statistic: JSON) -> str:
    """How values were chosen that have no noise added to them."""
    return (
        f"Each value was chosen among {int(statistic['candidates']):,} points by their scores "
        f"({statistic['mechanism']}, scale {float(Decimal(statistic['scale'])):,.2f}); one person can move the scores "
        f"by at most {int(statistic['sensitivity']['scores']):,} in all."
    )


def _threshold(statistic: JSON) -> str:
    """What was released of keys that were found in the data."""
    if "threshold" not in statistic:
        return ""
    return (
        f" Only figures above {statistic['threshold']:,} are named; the chance that codes of one person alone are is "
        f"at most {chance(int(statistic['delta0_e15']))}, which is charged too."
    )


def _reach(statistic: JSON) -> str:
    """The sensitivity that the noise is scaled to, as printed: L1 of a Laplace; else L2, a whole number or a root."""
    if statistic["mechanism"] == LAPLACE:
        return f"{int(statistic['sensitivity']['l1']):,} (L1)"
    square = int(statistic["sensitivity"]["l2_squared"])
    root = math.isqrt(square)
    return f"{root:,} (L2)" if root**2 == square else f"√{square:,} (L2)"


def chance(e15: int) -> str:
    """A δ in 1e-15 as one in so many."""
    if not e15:
        return "0"
    ways = 10**15 / e15
    for size, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if ways >= size:
            return f"1 in {math.floor(ways / size * 10) / 10:g} {word}"
    return f"1 in {math.floor(ways):,}"


def sentence(text: str) -> str:
    """With a capital letter."""
    return text[:1].upper() + text[1:]
