import copy
import pickle
from fractions import Fraction

import numpy as np
import pytest

from disclosure.accounting import gaussian_cost, laplace_cost
from disclosure.noise import GAUSSIAN, LAPLACE, Exact, add_noise

SCALE = Fraction(12)


def part(mechanism=GAUSSIAN, sensitivity=1, micro_rho=None, scale=SCALE, size=20_000):
    cost = gaussian_cost(l2_squared=sensitivity, scale=scale)
    return Exact(np.full(size, 1_000_003), mechanism, sensitivity, scale, cost if micro_rho is None else micro_rho)


def test_the_noise_has_the_scale_it_was_charged_for():
    drawn = add_noise([part()])[0] - 1_000_003
    # 20,000 draws: the sample deviation of a Gaussian errs by σ/√(2n) = 0.5 %; six of those bar false alarms
    assert abs(drawn.std() / 12 - 1) < 0.03
    assert abs(drawn.mean()) < 6 * 12 / 20_000**0.5


def test_the_laplace_noise_has_its_scale():
    charge = laplace_cost(l1=2, scale=SCALE)
    drawn = add_noise([part(LAPLACE, 2, charge)])[0] - 1_000_003
    assert abs(drawn.std() / (12 * 2**0.5) - 1) < 0.06


@pytest.mark.parametrize("sensitivity", [1, 2, 3, 12_345])
def test_a_charge_below_the_cost_draws_nothing(sensitivity):
    charge = gaussian_cost(l2_squared=sensitivity, scale=SCALE)
    assert len(add_noise([part(sensitivity=sensitivity, micro_rho=charge, size=3)])) == 1
    with pytest.raises(ArithmeticError, match="costs more"):
        add_noise([part(sensitivity=sensitivity, micro_rho=charge - 2, size=3)])


def test_a_laplace_charge_below_the_cost_draws_nothing():
    with pytest.raises(ArithmeticError, match="costs more"):
        add_noise([part(LAPLACE, 2, laplace_cost(l1=2, scale=SCALE) - 2)])


def test_a_scale_that_floats_would_change_is_refused():
    with pytest.raises(ArithmeticError, match="not exact"):
        add_noise([part(scale=Fraction(1, 3), micro_rho=10**9)])


def test_exact_numbers_are_neither_shown_nor_stored():
    secret = part(size=3)
    assert "1000003" not in f"{secret!r} {secret!s} {secret}"
    for store in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not stored"):
            store(secret)


def test_the_exact_vector_is_left_as_it_was():
    secret = part(size=3)
    add_noise([secret])
    assert secret.vector.tolist() == [1_000_003] * 3


def test_a_long_vector_is_drawn_in_shares_each_with_noise_of_its_own(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    charge = gaussian_cost(l2_squared=1, scale=SCALE)
    vector = np.arange(20_000) * 1_000
    noise = add_noise([Exact(vector, GAUSSIAN, 1, SCALE, charge)])[0] - vector
    assert np.abs(noise).max() < 12 * 8  # so every number stands where it stood
    shares = noise.reshape(4, 5_000)
    close = np.corrcoef(shares) - np.eye(4)
    assert np.abs(close).max() < 6 / 5_000**0.5
