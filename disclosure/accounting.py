"""How losses are measured, added up and converted: δ-approximate zCDP in integers (privacy model P7).

The ledger's units are micro-ρ (ρ in 1e-6) and δ in 1e-15. A loss is rounded up, an allowance down, so that rounding
can refuse but never under-count. Sources: Bun and Steinke 2016 (zCDP); Canonne, Kamath and Steinke 2020, Prop. 12
(conversion to (ε, δ)); Whitehouse et al. 2023 (zCDP as a filter).
"""

import math
from decimal import ROUND_CEILING, Context, Decimal, localcontext
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

MICRO = 10**6
FEMTO = 10**15
SCALE_STEP = Fraction(1, 1024)  # exact in binary, so that the scale charged is the scale drawn
FLOAT_BITS = 53  # of a double's significand
_CONTEXT = Context(prec=50)
_MARGIN = Decimal("1e-30")  # far above the last digit of the context, far below one micro-ε
_SLACK = 1 + Fraction(1, 2**40)  # room for the sampler library's own upward rounding of a loss


class GrantedLoss(NamedTuple):
    """A granted (ε, δ) as the ledger keeps it: δ = delta0 (mechanisms with a δ of their own) + delta_conv."""

    micro_rho: int
    delta0_e15: int
    delta_conv_e15: int


def gaussian_cost(*, l2_squared: int, scale: Fraction) -> int:
    """Micro-ρ, rounded up, of discrete Gaussian noise of this scale: ρ = L2² / (2 scale²)."""
    return math.ceil(Fraction(l2_squared * MICRO) * _SLACK / (2 * scale**2))


def laplace_cost(*, l1: int, scale: Fraction) -> int:
    """Micro-ρ, rounded up, of discrete Laplace noise: pure ε = L1 / scale, entered at ε²/2."""
    return math.ceil((Fraction(l1) * _SLACK / scale) ** 2 * MICRO / 2)


def pure_cost(epsilon_micro: int) -> int:
    """Micro-ρ, rounded up, of a mechanism of pure ε (Bun and Steinke 2016, Prop. 1.4)."""
    return -(-(epsilon_micro**2) // (2 * MICRO))


def gaussian_scale(*, l2_squared: int, micro_rho: int) -> Fraction:
    """The least scale, a multiple of SCALE_STEP, whose cost is at most `micro_rho` (> 0)."""
    if micro_rho <= 0 or l2_squared <= 0:
        raise ValueError("a scale needs a positive allowance and a positive sensitivity")
    squared = Fraction(l2_squared * MICRO) * _SLACK / (2 * micro_rho)
    return _root_in_steps(squared) * SCALE_STEP


def laplace_scale(*, l1: int, micro_rho: int) -> Fraction:
    """The least scale, a multiple of SCALE_STEP, whose cost of Laplace noise is at most `micro_rho` (> 0)."""
    if micro_rho <= 0 or l1 <= 0:
        raise ValueError("a scale needs a positive allowance and a positive sensitivity")
    squared = (Fraction(l1) * _SLACK) ** 2 * MICRO / (2 * micro_rho)
    return _root_in_steps(squared) * SCALE_STEP


def laplace_epsilon(*, l1: int, scale: Fraction) -> int:
    """Micro-ε, rounded up, of discrete Laplace noise where δ = 0: L1 / scale."""
    return math.ceil(Fraction(l1 * MICRO) / scale)


def laplace_scale_of_epsilon(*, l1: int, epsilon_micro: int) -> Fraction:
    """The least scale, a multiple of SCALE_STEP, whose ε at δ = 0 is at most `epsilon_micro` (> 0)."""
    if epsilon_micro <= 0 or l1 <= 0:
        raise ValueError("a scale needs a positive allowance and a positive sensitivity")
    return math.ceil(Fraction(l1 * MICRO, epsilon_micro) / SCALE_STEP) * SCALE_STEP


def _root_in_steps(squared: Fraction) -> int:
    """The least number of steps whose square is at least that."""
    steps = math.isqrt(math.ceil(squared / SCALE_STEP**2))
    while (steps * SCALE_STEP) ** 2 < squared:
        steps += 1
    return steps


def drawable(scale: Fraction, *, up: bool = True) -> Fraction:
    """The nearest scale at or above (or below) that a float holds exactly: wide scales keep their first 53 bits."""
    steps = math.ceil(scale / SCALE_STEP) if up else math.floor(scale / SCALE_STEP)
    unit = 1 << max(0, steps.bit_length() - FLOAT_BITS)
    return (-(-steps // unit) if up else steps // unit) * unit * SCALE_STEP


def epsilon_of_rho(micro_rho: int, delta_e15: int) -> int:
    """Micro-ε, rounded up, at which a loss of `micro_rho` is (ε, δ)-DP. Raises ValueError unless 0 < δ < 1.

    For every α > 1, ε = αρ + ln(1 − 1/α) + (ln(1/δ) − ln α) / (α − 1) is valid, so α may come from floats: only its
    quality depends on the search, never the truth of the bound, which is evaluated in decimals and rounded up.
    """
    if not 0 < delta_e15 < FEMTO or micro_rho < 0:
        raise ValueError("δ lies between 0 and 1, ρ is not negative")
    if micro_rho == 0:
        return 0
    alpha = Decimal(_best_alpha(micro_rho / MICRO, math.log(FEMTO / delta_e15)))
    with localcontext(_CONTEXT):
        rho = Decimal(micro_rho) / MICRO
        log_delta = (Decimal(delta_e15) / FEMTO).ln()
        epsilon = alpha * rho + (1 - 1 / alpha).ln() - (log_delta + alpha.ln()) / (alpha - 1) + _MARGIN
        return max(0, int((epsilon * MICRO).to_integral_value(rounding=ROUND_CEILING)))


def _best_alpha(rho: float, log_inverse_delta: float) -> float:
    """The α that gives the least ε: the only root of ρ(α − 1)² = ln(1/δ) − ln α, by bisection in floats."""
    low, high = 0.0, math.sqrt(log_inverse_delta / rho)  # bounds of α − 1
    for _ in range(200):
        middle = (low + high) / 2
        if rho * middle**2 < log_inverse_delta - math.log1p(middle):
            low = middle
        else:
            high = middle
    return 1 + max(high, 1e-9)


@lru_cache(maxsize=64)  # an account asks for the same few again and again
def rho_of_epsilon(epsilon_micro: int, delta_e15: int) -> int:
    """The greatest micro-ρ whose ε at this δ is at most `epsilon_micro`; 0 when not even one unit fits."""
    if epsilon_micro <= 0:
        return 0
    high = 1
    while epsilon_of_rho(high, delta_e15) <= epsilon_micro:
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if epsilon_of_rho(middle, delta_e15) <= epsilon_micro else (low, middle)
    return low


def convert_grant(epsilon_micro: int, delta_e15: int) -> GrantedLoss:
    """A decision's (ε, δ) turned into the ledger's currency once; a tenth of δ is kept for mechanisms with a δ₀."""
    delta0 = delta_e15 // 10
    delta_conv = delta_e15 - delta0
    return GrantedLoss(rho_of_epsilon(epsilon_micro, delta_conv), delta0, delta_conv)


def share_of_pool(
    epsilon_micro: int, delta_e15: int, *, pool_micro_rho: int, pool_delta0_e15: int, left_delta0_e15: int
) -> GrantedLoss:
    """A grant's (ε, δ) in the ledger's currency, with the part of the pool's δ₀ that its ρ is of the pool's ρ.

    So that δ₀ lasts as long as ρ does; never more than the pool has left, rounded down.
    """
    most = rho_of_epsilon(epsilon_micro, delta_e15)
    delta0 = min(pool_delta0_e15 * most // pool_micro_rho if pool_micro_rho else 0, left_delta0_e15, delta_e15 - 1)
    return GrantedLoss(rho_of_epsilon(epsilon_micro, delta_e15 - delta0), delta0, delta_e15 - delta0)


def pool_delta_ceiling(public_population: int) -> int:
    """The greatest δ of a pool, in 1e-15: 1 / (100 × its public population), rounded down (P8)."""
    return FEMTO // (100 * public_population)
