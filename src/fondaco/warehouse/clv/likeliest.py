"""The parameters of a model under which what was seen is likeliest."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

Floats = npt.NDArray[np.float64]


def likeliest(
    loss: Callable[[Floats], tuple[float, Floats]], starts: Sequence[Sequence[float]], bounds: Sequence[tuple[float, float]]
) -> Floats | None:
    """Parameters, all above 0, where the loss is least; None if no search ends anywhere.

    Args:
        loss: the mean of the negative log-likelihood and its slopes, of the logarithms of the parameters.
        starts: parameters at which a search begins; the best end counts.
        bounds: of the logarithms.
    """
    options = {"maxiter": 2_000, "ftol": 1e-13, "gtol": 1e-9}
    ends = [minimize(loss, np.log(start), jac=True, method="L-BFGS-B", bounds=bounds, options=options) for start in starts]
    best = min((end for end in ends if end.success and np.isfinite(end.fun)), key=lambda end: float(end.fun), default=None)
    return None if best is None else np.asarray(np.exp(best.x))
