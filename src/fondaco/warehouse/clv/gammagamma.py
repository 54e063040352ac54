"""How much a purchase will bring: the Gamma-Gamma model of Fader and Hardie, "The Gamma-Gamma Model of Monetary Value" (2013).

The values of a customer's purchases vary about a mean of their own (gamma: shape ``p``), and the means vary between customers (``q``, ``v``).
A customer is known by ``x``, the number of repeat purchases, and ``mean``, that of their values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, gammaln

from fondaco.warehouse.clv.likeliest import Floats, likeliest

#: Of the logarithms of p, q - 1 and v: with q at 1 or below, customers would have no mean.
_BOUNDS = [(-7.0, 9.0)] * 3
_STARTS = ((1.0, 1.0, 1.0), (6.0, 3.0, 0.5), (2.0, 0.5, 2.0))


@dataclass(frozen=True)
class GammaGamma:
    """The parameters; ``v`` is an amount of money."""

    p: float
    q: float
    v: float

    def expected(self, x: Floats, mean: Floats) -> Floats:
        """The value of a purchase to come: between the customer's own mean and everybody's, which it is for who never came back."""
        return np.asarray(self.p * (self.v + x * mean) / (self.p * x + self.q - 1))


def log_likelihood(model: GammaGamma, x: Floats, mean: Floats) -> Floats:
    """Of each customer with repeat purchases."""
    return _parts(np.array([model.p, model.q, model.v]), x, mean)[0]


def fit(x: Floats, mean: Floats) -> GammaGamma | None:
    """The parameters under which these customers are likeliest; None if the search ends nowhere.

    Args:
        x: at least 1.
        mean: above 0.
    """
    scale = 1 / float(np.median(mean))
    scaled = mean * scale

    def loss(logs: Floats) -> tuple[float, Floats]:
        p, above, v = np.exp(logs)
        found, slopes = _parts(np.array([p, 1 + above, v]), x, scaled)
        return -float(found.mean()), -np.asarray(slopes.mean(axis=1) * np.array([p, above, v]))

    best = likeliest(loss, _STARTS, _BOUNDS)
    if best is None:
        return None
    p, above, v = (float(value) for value in best)
    return GammaGamma(p, 1 + above, v / scale)


def _parts(values: Floats, x: Floats, mean: Floats) -> tuple[Floats, Floats]:
    """The log-likelihood of each customer and its slopes in the three parameters."""
    p, q, v = values
    total = x * mean
    found = (
        gammaln(p * x + q)
        - gammaln(p * x)
        - gammaln(q)
        + q * np.log(v)
        + (p * x - 1) * np.log(mean)
        + p * x * np.log(x)
        - (p * x + q) * np.log(total + v)
    )
    slopes = np.stack(
        [
            x * (digamma(p * x + q) - digamma(p * x) + np.log(mean) + np.log(x) - np.log(total + v)),
            digamma(p * x + q) - digamma(q) + np.log(v) - np.log(total + v),
            q / v - (p * x + q) / (total + v),
        ]
    )
    return np.asarray(found), slopes
