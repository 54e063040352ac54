"""How often customers will buy: against the formulas of the paper, an integral, published figures and customers of known parameters."""

from __future__ import annotations

from math import exp, gamma, lgamma, log
from typing import Any

import numpy as np
import pytest
from scipy.stats import beta as beta_of
from scipy.stats import gamma as gamma_of

from fondaco.warehouse.clv.bgnbd import BgNbd, _parts, fit, log_likelihood

#: The estimates of Fader, Hardie and Lee (2005) for the 2,357 customers of CDNOW, in weeks.
CDNOW = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)
_VALUES = 2_000
#: x, recency, age.
CUSTOMERS = [(0, 0.0, 38.86), (1, 1.71, 38.86), (2, 30.43, 38.86), (7, 29.43, 38.86), (26, 30.86, 31.0), (0, 0.0, 0.0)]


def _of(*customers: tuple[float, float, float]) -> tuple[np.ndarray, ...]:
    return tuple(np.array(figures, dtype=np.float64) for figures in zip(*customers, strict=True))


def _beta(a: float, b: float) -> float:
    return exp(lgamma(a) + lgamma(b) - lgamma(a + b))


@pytest.mark.parametrize(("x", "recency", "age"), CUSTOMERS)
def test_the_likelihood_is_the_formula_of_the_paper(x: int, recency: float, age: float) -> None:
    r, alpha, a, b = CDNOW.r, CDNOW.alpha, CDNOW.a, CDNOW.b
    there = _beta(a, b + x) / _beta(a, b) * gamma(r + x) * alpha**r / (gamma(r) * (alpha + age) ** (r + x))
    gone = _beta(a + 1, b + x - 1) / _beta(a, b) * gamma(r + x) * alpha**r / (gamma(r) * (alpha + recency) ** (r + x)) if x else 0.0
    assert log_likelihood(CDNOW, *_of((x, recency, age)))[0] == pytest.approx(log(there + gone), rel=1e-10)


@pytest.mark.parametrize(("x", "recency", "age"), [(0, 0.0, 12.0), (1, 3.0, 12.0), (3, 9.0, 12.0)])
def test_the_likelihood_is_the_integral_over_all_customers(x: int, recency: float, age: float) -> None:
    """Before any formula: a customer of a rate and a probability to leave, summed over the rates and probabilities that there are."""
    model = BgNbd(r=1.3, alpha=4.0, a=1.2, b=2.5)

    rate, p = _spread(gamma_of(model.r, scale=1 / model.alpha))[:, None], _spread(beta_of(model.a, model.b))[None, :]
    there = (1 - p) ** x * rate**x * np.exp(-rate * age)
    gone = p * (1 - p) ** (x - 1) * rate**x * np.exp(-rate * recency) if x else 0.0
    assert exp(log_likelihood(model, *_of((x, recency, age)))[0]) == pytest.approx((there + gone).mean(), rel=2e-4)


def test_the_slopes_are_those_of_the_likelihood() -> None:
    values, figures = np.array([0.7, 4.1, 0.8, 2.4]), _of(*CUSTOMERS[:5])
    _, slopes = _parts(values, *figures)
    for place, step in enumerate(1e-6 * values):
        up, down = values.copy(), values.copy()
        up[place] += step
        down[place] -= step
        found = (_parts(up, *figures)[0] - _parts(down, *figures)[0]) / (2 * step)
        assert slopes[place] == pytest.approx(found, rel=1e-5)


def test_the_published_forecast_of_a_customer_of_cdnow_comes_out() -> None:
    """Two repeat purchases, the last in week 30.43 of 38.86: 1.226 more in 39 weeks (Fader, Hardie, Lee: the note on their spreadsheet)."""
    assert CDNOW.expected(39, *_of((2, 30.43, 38.86)))[0] == pytest.approx(1.226, abs=5e-4)


@pytest.mark.parametrize("model", [CDNOW, BgNbd(1.3, 4.0, 1.0, 2.5), BgNbd(1.3, 4.0, 2.2, 1.4)])
@pytest.mark.parametrize(("x", "recency", "age"), CUSTOMERS)
def test_a_forecast_is_the_integral_over_who_is_still_there(model: BgNbd, x: int, recency: float, age: float) -> None:
    """A customer who is there buys on at a rate and leaves with a probability of whoever they may be, by what is known of them."""
    span, figures = 20.0, _of((x, recency, age))
    # of who is there, the rate is gamma(r + x, alpha + age) and the probability to leave beta(a, b + x)
    rate = _spread(gamma_of(model.r + x, scale=1 / (model.alpha + age)))[:, None]
    p = _spread(beta_of(model.a, model.b + x))[None, :]
    whole = (-np.expm1(-rate * p * span) / p).mean()
    assert model.expected(span, *figures)[0] == pytest.approx(whole * model.p_alive(*figures)[0], rel=1e-3)


def _spread(distribution: Any) -> np.ndarray:
    """Values that are equally likely, so that their mean is an integral over the distribution."""
    return np.asarray(distribution.ppf((np.arange(_VALUES) + 0.5) / _VALUES))


def test_who_is_still_there_follows_from_what_is_likely() -> None:
    figures = _of(*CUSTOMERS[:5])
    x, _, age = figures
    whole = np.exp(log_likelihood(CDNOW, *figures))
    # a customer who is there at `age` is likely as one of whom nothing is known since `age` and who never leaves after it
    r, alpha, a, b = CDNOW.r, CDNOW.alpha, CDNOW.a, CDNOW.b
    there = [
        _beta(a, b + n) / _beta(a, b) * exp(lgamma(r + n) - lgamma(r) + r * log(alpha) - (r + n) * log(alpha + t))
        for n, t in zip(x, age, strict=True)
    ]
    assert CDNOW.p_alive(*figures) == pytest.approx(np.array(there) / whole, rel=1e-9)
    assert CDNOW.p_alive(*_of((0, 0.0, 400.0)))[0] == 1


def _simulated(model: BgNbd, customers: int, weeks: float, seed: int) -> tuple[np.ndarray, ...]:
    """Customers of known parameters, lived purchase by purchase."""
    random = np.random.default_rng(seed)
    rates, leaves = random.gamma(model.r, 1 / model.alpha, customers), random.beta(model.a, model.b, customers)
    rows = []
    for rate, leave in zip(rates, leaves, strict=True):
        age, now, x, last = weeks - random.uniform(0, weeks / 3), 0.0, 0, 0.0
        while True:
            now += random.exponential(1 / max(rate, 1e-12))
            if now > age:
                break
            x, last = x + 1, now
            if random.uniform() < leave:
                break
        rows.append((x, last, age))
    return _of(*rows)


def test_parameters_that_customers_were_made_of_are_found_again() -> None:
    x, recency, age = _simulated(CDNOW, 12_000, 78.0, seed=7)
    found = fit(x, recency, age, np.ones_like(x))
    assert found is not None
    # within three standard errors of samples of this size, and better than what they were made of, on these customers
    assert found.r == pytest.approx(CDNOW.r, rel=0.08)
    assert found.alpha == pytest.approx(CDNOW.alpha, rel=0.15)
    assert found.a == pytest.approx(CDNOW.a, rel=0.2)
    assert found.b == pytest.approx(CDNOW.b, rel=0.25)
    best, made_of = (float(log_likelihood(model, x, recency, age).sum()) for model in (found, CDNOW))
    assert made_of <= best < made_of + 8
    # and what is forecast of all of them is what they will do
    assert found.expected(52, x, recency, age).sum() == pytest.approx(CDNOW.expected(52, x, recency, age).sum(), rel=0.04)


def test_customers_of_the_same_figures_can_be_counted_instead_of_repeated_and_the_unit_of_time_does_not_matter() -> None:
    x, recency, age = _simulated(CDNOW, 2_000, 78.0, seed=8)
    recency, age = np.round(recency), np.round(age)
    alike, count = np.unique(np.stack([x, recency, age]), axis=1, return_counts=True)
    found, counted = fit(x, recency, age, np.ones_like(x)), fit(alike[0], alike[1], alike[2], count.astype(np.float64))
    in_days = fit(x, recency * 7, age * 7, np.ones_like(x))
    assert found is not None and counted is not None and in_days is not None
    for other, unit in ((counted, 1), (in_days, 7)):
        assert (found.r, found.alpha * unit, found.a, found.b) == pytest.approx((other.r, other.alpha, other.a, other.b), rel=1e-3)


def test_who_buys_often_has_a_finite_forecast() -> None:
    figures = _of((2_000, 151.0, 151.0), (0, 0.0, 500.0), (1, 0.0, 0.5))
    found = CDNOW.expected(52, *figures)
    assert np.isfinite(found).all() and (found > 0).all()
    # as one who buys at the rate seen and leaves, after each purchase, with the probability seen
    rate, leave = (CDNOW.r + 2_000) / (CDNOW.alpha + 151), CDNOW.a / (CDNOW.a + CDNOW.b + 2_000)
    assert found[0] == pytest.approx((1 - exp(-rate * leave * 52)) / leave, rel=0.02)
