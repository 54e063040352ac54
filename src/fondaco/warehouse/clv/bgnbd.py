"""How often customers will buy: the BG/NBD model of Fader, Hardie and Lee, "Counting Your Customers the Easy Way" (Marketing Science, 2005).

While customers are there, each buys at a rate of their own (gamma: ``r``, ``alpha``); after each purchase, each leaves for good with a
probability of their own (beta: ``a``, ``b``). A customer is known by three figures: ``x``, the number of *repeat* purchases, ``recency``, the
age at the last purchase, and ``age``, both since the first purchase, in any one unit of time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, gammaln, hyp2f1

from fondaco.warehouse.clv.likeliest import Floats, likeliest

#: Of the logarithms of the parameters: beyond, the likelihood is flat, as it is in ``a`` where nobody leaves. Where all leave alike, ``a`` and
#: ``b`` grow for ever; at ``a`` = 90 they are as good as alike, and a power of ``a`` is still a number.
_BOUNDS = [(-9.0, 9.0), (-9.0, 9.0), (-9.0, 4.5), (-9.0, 9.0)]
#: Where the search begins; the best end counts.
_STARTS = ((1.0, 1.0, 1.0, 1.0), (0.25, 0.5, 0.8, 2.5), (2.0, 2.0, 0.2, 2.0))
#: The expectation has a removable pole at a = 1.
_POLE = 1e-6


@dataclass(frozen=True)
class BgNbd:
    """The parameters; ``alpha`` is in units of time."""

    r: float
    alpha: float
    a: float
    b: float

    def p_alive(self, x: Floats, recency: Floats, age: Floats) -> Floats:
        """The probability that a customer has not left. Who never came back has had no chance to leave: 1."""
        left = self.a / (self.b + np.maximum(x, 1) - 1) * ((self.alpha + age) / (self.alpha + recency)) ** (self.r + x)
        return np.asarray(1 / (1 + np.where(x > 0, left, 0.0)))

    def expected(self, span: float, x: Floats, recency: Floats, age: Floats) -> Floats:
        """The number of purchases in a span from now on."""
        a = 1 + _POLE if abs(self.a - 1) < _POLE else self.a
        z = span / (self.alpha + age + span)
        # by Euler's transformation: the series of the paper grows beyond what a float holds for who buys often
        stays = 1 - (1 - z) ** (a - 1) * hyp2f1(a + self.b - 1 - self.r, a - 1, a + self.b + x - 1, z)
        return np.asarray((a + self.b + x - 1) / (a - 1) * stays * self.p_alive(x, recency, age))


def log_likelihood(model: BgNbd, x: Floats, recency: Floats, age: Floats) -> Floats:
    """Of each customer."""
    return _parts(np.array([model.r, model.alpha, model.a, model.b]), x, recency, age)[0]


def fit(x: Floats, recency: Floats, age: Floats, count: Floats) -> BgNbd | None:
    """The parameters under which these customers are likeliest; None if the search ends nowhere.

    Args:
        count: how many customers have these figures.
    """
    # in the unit in which the oldest is 10, whatever the unit of time is
    scale = 10 / float(age.max())
    scaled = (x, recency * scale, age * scale)

    def loss(logs: Floats) -> tuple[float, Floats]:
        values = np.exp(logs)
        found, slopes = _parts(values, *scaled)
        total = count.sum()
        return -float(found @ count / total), -np.asarray(slopes @ count / total * values)

    best = likeliest(loss, _STARTS, _BOUNDS)
    if best is None:
        return None
    r, alpha, a, b = (float(value) for value in best)
    return BgNbd(r, alpha / scale, a, b)


def _parts(values: Floats, x: Floats, recency: Floats, age: Floats) -> tuple[Floats, Floats]:
    """The log-likelihood of each customer and its slopes in the four parameters."""
    r, alpha, a, b = values
    repeats = x > 0
    # still there, or gone after the last purchase
    there = -(r + x) * np.log(alpha + age)
    gone = np.where(repeats, np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + recency), -np.inf)
    both = np.logaddexp(there, gone)
    found = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x) + both
    is_there, is_gone = np.exp(there - both), np.exp(gone - both)
    slopes = np.stack(
        [
            digamma(r + x) - digamma(r) + np.log(alpha) - is_there * np.log(alpha + age) - is_gone * np.log(alpha + recency),
            r / alpha - (r + x) * (is_there / (alpha + age) + is_gone / (alpha + recency)),
            digamma(a + b) - digamma(a + b + x) + is_gone / a,
            digamma(a + b) + digamma(b + x) - digamma(b) - digamma(a + b + x) - is_gone / (b + np.maximum(x, 1) - 1),
        ]
    )
    return np.asarray(found), slopes
