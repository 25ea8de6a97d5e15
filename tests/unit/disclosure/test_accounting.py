from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opendp.combinators import make_zCDP_to_approxDP
from opendp.domains import atom_domain, vector_domain
from opendp.measurements import make_gaussian
from opendp.metrics import l2_distance

from disclosure import noise
from disclosure.accounting import (
    FEMTO,
    MICRO,
    SCALE_STEP,
    convert_grant,
    epsilon_of_rho,
    gaussian_cost,
    gaussian_scale,
    laplace_cost,
    pool_delta_ceiling,
    pure_cost,
    rho_of_epsilon,
    share_of_pool,
)

assert noise.GAUSSIAN  # enables the sampler library's features, once

DELTAS = st.integers(1, FEMTO // 10)
RHOS = st.integers(1, 50 * MICRO)


@pytest.mark.parametrize("micro_rho", [1, 100, 4_300, 50_000, MICRO, 20 * MICRO])
@pytest.mark.parametrize("delta_e15", [10**6, 10**9, 10**12])
def test_conversion_agrees_with_opendp_and_never_lies_below_it(micro_rho, delta_e15):
    space = vector_domain(atom_domain(T="i64")), l2_distance(T="f64")
    scale = (MICRO / 2 / micro_rho) ** 0.5
    profile = make_zCDP_to_approxDP(make_gaussian(*space, scale=scale)).map(1.0)
    theirs = profile.epsilon(delta_e15 / FEMTO) * MICRO
    ours = epsilon_of_rho(micro_rho, delta_e15)
    assert theirs - 0.01 <= ours <= theirs + 1.01 + theirs * 1e-6


@settings(deadline=None)
@given(RHOS, DELTAS)
def test_epsilon_grows_with_rho_and_shrinks_with_delta(micro_rho, delta_e15):
    here = epsilon_of_rho(micro_rho, delta_e15)
    assert here <= epsilon_of_rho(micro_rho + 1, delta_e15)
    assert here >= epsilon_of_rho(micro_rho, delta_e15 + 1)


@settings(deadline=None)
@given(st.integers(1, 12 * MICRO), DELTAS)
def test_rho_is_the_most_that_epsilon_allows(epsilon_micro, delta_e15):
    micro_rho = rho_of_epsilon(epsilon_micro, delta_e15)
    assert epsilon_of_rho(micro_rho, delta_e15) <= epsilon_micro < epsilon_of_rho(micro_rho + 1, delta_e15)


@settings(deadline=None)
@given(st.integers(1, 12 * MICRO), st.integers(100, FEMTO // 100))
def test_a_converted_grant_grants_no_more_than_was_decided(epsilon_micro, delta_e15):
    granted = convert_grant(epsilon_micro, delta_e15)
    assert granted.delta0_e15 + granted.delta_conv_e15 == delta_e15
    assert epsilon_of_rho(granted.micro_rho, granted.delta_conv_e15) <= epsilon_micro


@settings(deadline=None)
@given(st.integers(1, 10**9), st.integers(1, MICRO))
def test_a_scale_costs_at_most_its_allowance_and_is_the_least_that_does(l2_squared, micro_rho):
    scale = gaussian_scale(l2_squared=l2_squared, micro_rho=micro_rho)
    assert gaussian_cost(l2_squared=l2_squared, scale=scale) <= micro_rho
    assert gaussian_cost(l2_squared=l2_squared, scale=scale) >= Fraction(l2_squared * MICRO) / (2 * scale**2)
    if scale > SCALE_STEP:
        squared = (scale - SCALE_STEP) ** 2
        assert Fraction(l2_squared * MICRO) / (2 * squared) * (1 + Fraction(1, 2**40)) > micro_rho


@pytest.mark.parametrize(("epsilon_micro", "micro_rho"), [(MICRO, 500_000), (1, 1), (1_000, 1), (1_415, 2)])
def test_a_pure_loss_enters_at_half_its_square_rounded_up(epsilon_micro, micro_rho):
    assert pure_cost(epsilon_micro) == micro_rho


def test_laplace_is_charged_as_pure_epsilon():
    assert laplace_cost(l1=3, scale=Fraction(6)) in (125_000, 125_001)


def test_nothing_costs_nothing_and_nonsense_is_refused():
    assert epsilon_of_rho(0, 1) == 0
    assert rho_of_epsilon(0, 1) == rho_of_epsilon(-5, 1) == 0
    for micro_rho, delta_e15 in ((-1, 5), (1, 0), (1, FEMTO)):
        with pytest.raises(ValueError, match="between"):
            epsilon_of_rho(micro_rho, delta_e15)
    with pytest.raises(ValueError, match="positive"):
        gaussian_scale(l2_squared=1, micro_rho=0)


def test_the_pool_ceiling_follows_the_public_population():
    assert pool_delta_ceiling(20_000) == 500_000_000


@settings(deadline=None)
@given(st.integers(1, 10 * MICRO), st.integers(10**6, 10**9), st.integers(0, 10**8))
def test_a_grant_gets_the_part_of_delta0_that_its_rho_is_of_the_pools(epsilon, delta, left):
    pool = convert_grant(10 * MICRO, delta)
    got = share_of_pool(
        epsilon, delta, pool_micro_rho=pool.micro_rho, pool_delta0_e15=pool.delta0_e15, left_delta0_e15=left
    )
    assert got.delta0_e15 + got.delta_conv_e15 == delta
    assert epsilon_of_rho(got.micro_rho, got.delta_conv_e15) <= epsilon
    most = rho_of_epsilon(epsilon, delta)
    assert got.delta0_e15 == min(pool.delta0_e15 * most // pool.micro_rho, left, delta - 1)
