"""How much a purchase will bring: against an integral, published estimates and customers of known parameters."""

from __future__ import annotations

from math import exp, inf, log

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import gamma as gamma_of

from fondaco.warehouse.clv.gammagamma import GammaGamma, _parts, fit, log_likelihood

#: The estimates of Fader and Hardie (2013) for the customers of CDNOW who came back.
CDNOW = GammaGamma(p=6.25, q=3.74, v=15.44)


@pytest.mark.parametrize(("x", "mean"), [(1, 20.0), (3, 35.5), (12, 8.25)])
def test_the_likelihood_is_the_integral_over_all_customers(x: int, mean: float) -> None:
    """The mean of x values of a customer of scale nu is gamma(px, x nu), and nu is gamma(q, v) between customers."""

    def likelihood(nu: float) -> float:
        return float(gamma_of.pdf(mean, CDNOW.p * x, scale=1 / (nu * x)) * gamma_of.pdf(nu, CDNOW.q, scale=1 / CDNOW.v))

    whole = quad(likelihood, 0, inf)[0]
    assert log_likelihood(CDNOW, np.array([float(x)]), np.array([mean]))[0] == pytest.approx(log(whole), rel=1e-7)
    assert exp(log(whole)) > 0


def test_the_slopes_are_those_of_the_likelihood() -> None:
    values, x, mean = np.array([6.25, 3.74, 15.44]), np.array([1.0, 4.0, 9.0]), np.array([12.0, 40.0, 25.0])
    _, slopes = _parts(values, x, mean)
    for place, step in enumerate(1e-6 * values):
        up, down = values.copy(), values.copy()
        up[place] += step
        down[place] -= step
        assert slopes[place] == pytest.approx((_parts(up, x, mean)[0] - _parts(down, x, mean)[0]) / (2 * step), rel=1e-5)


def test_the_value_to_come_lies_between_the_customers_own_and_everybodys() -> None:
    everybody = CDNOW.p * CDNOW.v / (CDNOW.q - 1)
    assert everybody == pytest.approx(35.22, abs=0.005)
    found = CDNOW.expected(np.array([0.0, 1.0, 1_000.0]), np.array([0.0, 100.0, 100.0]))
    assert found[0] == pytest.approx(everybody)
    assert everybody < found[1] < 100
    assert found[2] == pytest.approx(100, rel=1e-3)
    # the weight of the customer's own is that of the paper
    weight = CDNOW.p / (CDNOW.p + CDNOW.q - 1)
    assert found[1] == pytest.approx(weight * 100 + (1 - weight) * everybody)


def test_parameters_that_customers_were_made_of_are_found_again() -> None:
    random = np.random.default_rng(3)
    x = random.geometric(0.3, 20_000).astype(np.float64)
    nu = random.gamma(CDNOW.q, 1 / CDNOW.v, len(x))
    mean = random.gamma(CDNOW.p * x, 1 / (nu * x))
    found = fit(x, mean)
    assert found is not None
    assert found.p == pytest.approx(CDNOW.p, rel=0.1)
    assert found.q == pytest.approx(CDNOW.q, rel=0.06)
    assert found.v == pytest.approx(CDNOW.v, rel=0.15)
    cents = fit(x, mean * 100)
    assert cents is not None
    assert (cents.p, cents.q, cents.v) == pytest.approx((found.p, found.q, found.v * 100), rel=1e-3)
