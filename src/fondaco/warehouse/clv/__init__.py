"""What customers will buy: purchases by BG/NBD, their value by Gamma-Gamma, both fitted by maximum likelihood.

bgnbd       how often, and who is still there (Fader, Hardie, Lee 2005)
gammagamma  how much each time (Fader, Hardie 2013)
forecast    from purchase days to forecasts, and how wrong they were on what was held out

Needs SciPy, which is an extra: dbt's Python models in warehouse/models/intermediate/clv call this where `rules.predict_clv` is on.
"""

from __future__ import annotations

from fondaco.warehouse.clv.forecast import fitted, predicted

__all__ = ["fitted", "predicted"]
