"""The only module that imports OpenDP and draws. It adds integer noise to integer vectors, or
chooses by integer scores; nothing else.

Each part of a release is charged before it is drawn; here OpenDP's own privacy map must confirm that the loss is at
most what was charged, or nothing is drawn.
"""

import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

# The library asks for a backtrace at every refused constructor unless told otherwise, which costs 0.1 s each.
os.environ.setdefault("RUST_LIB_BACKTRACE", "0")

from opendp.domains import atom_domain, vector_domain
from opendp.measurements import make_gaussian, make_laplace, make_noisy_max
from opendp.measures import max_divergence
from opendp.metrics import l1_distance, l2_distance, linf_distance
from opendp.mod import enable_features

from disclosure.accounting import MICRO

enable_features("contrib")

GAUSSIAN = "discrete Gaussian"
LAPLACE = "discrete Laplace"
CHOICE = "permute-and-flip"
Integers = NDArray[np.int64]
SHARE = 1_000  # numbers below which another thread is not worth its start


@dataclass(frozen=True, repr=False)
class Exact:
    """One part of a release before its noise. It has no repr and no pickle: exact numbers stay in the call.

    `sensitivity` is L2² for the Gaussian and L1 for the Laplace, both whole numbers, of one person's change. Where
    there is a `threshold`, noisy numbers that are not above it are withheld: 0 stands in their place.

    Where the mechanism is a choice the vector holds a score for each of `candidates`, choice after choice, and drawn
    is the place of one of the highest scores of each; `sensitivity` is then the most that one person changes a score,
    added up over the choices that they have a part in.
    """

    vector: Integers
    mechanism: str
    sensitivity: int
    scale: Fraction
    micro_rho: int
    threshold: int | None = None
    candidates: int = 1

    def __repr__(self) -> str:
        return "Exact(…)"

    def __reduce__(self) -> str:
        raise TypeError("exact vectors are not stored")


def add_noise(parts: Sequence[Exact]) -> list[Integers]:
    """The noisy vectors, in order. Raises ArithmeticError, before any draw, if a part costs more than its charge."""
    mechanisms = [_mechanism(part) for part in parts]
    return [_drawn(mechanism, part) for mechanism, part in zip(mechanisms, parts, strict=True)]


def _drawn(mechanism: Any, part: Exact) -> Integers:
    if part.vector.size == 0:
        return np.zeros(0, dtype=np.int64)
    if part.mechanism == CHOICE:
        return np.array([mechanism(scores) for scores in part.vector.reshape(-1, part.candidates)], dtype=np.int64)
    noisy = _in_shares(mechanism, part.vector)
    # strictly above: δ₀ is charged without ties, which the library's own thresholds let through (its issue 2922)
    return noisy if part.threshold is None else np.where(noisy > part.threshold, noisy, 0)


def _in_shares(mechanism: Any, vector: Integers) -> Integers:
    """The vector with noise. Long ones in shares, side by side: every number has noise of its own either way."""
    shares = np.array_split(vector, min(os.cpu_count() or 1, 1 + len(vector) // SHARE))
    if len(shares) == 1:
        return np.asarray(mechanism(vector), dtype=np.int64)
    with ThreadPoolExecutor(max_workers=len(shares)) as beside:
        return np.concatenate([np.asarray(each, dtype=np.int64) for each in beside.map(mechanism, shares)])


def _mechanism(part: Exact) -> Any:  # OpenDP's measurements carry no types
    scale = float(part.scale)
    if Fraction(scale) != part.scale:
        raise ArithmeticError("the scale is not exact in binary")
    domain = vector_domain(atom_domain(T="i64"))
    if part.mechanism == GAUSSIAN:
        mechanism = make_gaussian(domain, l2_distance(T="f64"), scale=scale)
        loss = Fraction(_map(mechanism, _root_up(part.sensitivity)))
    elif part.mechanism == CHOICE:  # its map is a multiple of the distance, so that choices add up before or after it
        mechanism = make_noisy_max(domain, linf_distance(T="i64"), max_divergence(), scale=scale)
        loss = Fraction(_map(mechanism, part.sensitivity)) ** 2 / 2
    else:
        mechanism = make_laplace(domain, l1_distance(T="i64"), scale=scale)
        loss = Fraction(_map(mechanism, part.sensitivity)) ** 2 / 2
    if loss > Fraction(part.micro_rho, MICRO):
        raise ArithmeticError("the mechanism costs more than was charged")
    return mechanism


def _map(mechanism: Any, distance: float) -> float:
    return float(mechanism.map(distance))


def _root_up(square: int) -> float:
    """A float at or just above the square root."""
    root = math.sqrt(square)
    return root if Fraction(root) ** 2 >= square else math.nextafter(root, math.inf)
