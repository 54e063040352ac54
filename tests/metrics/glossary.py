"""The glossary: every metric that must be defined; the formulas of those that the simulated shop can tell are part of its answer key."""

from __future__ import annotations

from collections.abc import Mapping

from fondaco.sources.demo.marts.figures import FORMULAS

GLOSSARY = FORMULAS

#: Classes: the mart whose rows are counted in each, and what of a row is counted once.
CLASSES: Mapping[str, tuple[str, str]] = {
    "rfm_segment": ("customers", "customer_key"),
    "churn_risk": ("customers", "customer_key"),
    "abc_class": ("product_performance", "product_key"),
    "xyz_class": ("product_performance", "product_key"),
}

#: Forecasts: no diary knows what customers will do.
FORECASTS = frozenset({"clv_predicted"})

#: What landing and building came to: no shop's diary tells of that, the lake's log does.
OF_THE_LAKE = frozenset({"freshness", "row_reconciliation"})

#: Defined, and without a source that could tell.
UNANSWERED = frozenset({"sell_through"})
