"""From purchase days to forecasts, and how wrong they were on what was held out.

Purchases on one day are one, and one that was refunded in full is none. The same days give the same figures: customers are taken in the order of
their keys, the search starts where it always starts, and what is written is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fondaco.warehouse.clv import bgnbd, gammagamma
from fondaco.warehouse.clv.bgnbd import BgNbd
from fondaco.warehouse.clv.gammagamma import GammaGamma

Floats = npt.NDArray[np.float64]

#: Customers who came back below which nothing is fitted: seven parameters of a handful of people say nothing.
LEAST_REPEATERS = 50
#: What is forecast, in days.
SPAN = 365
#: What is held out: a third of the shop's life, half a year at most.
_HELD_OUT_SHARE, _HELD_OUT_MOST = 3, 182
_WEEK = 7.0

_CUSTOMERS = """
with counted as (
    select
        customer_key,
        ordered_date,
        kept_amount,
        row_number() over (partition by customer_key order by ordered_date) as place
    from clv_days
    where is_kept
)

select
    customer_key,
    cast(count(*) filter (where ordered_date <= date '{cut}') - 1 as double) as x,
    cast(max(ordered_date) filter (where ordered_date <= date '{cut}') - min(ordered_date) as double) as recency,
    cast(date '{cut}' - min(ordered_date) as double) as age,
    coalesce(cast(avg(kept_amount) filter (where place > 1 and ordered_date <= date '{cut}') as double), 0) as mean,
    cast(count(*) filter (where ordered_date > date '{cut}') as double) as later,
    coalesce(cast(sum(kept_amount) filter (where ordered_date > date '{cut}') as double), 0) as later_value
from counted
group by customer_key
having min(ordered_date) <= date '{cut}'
order by customer_key
"""

_TYPES: dict[str, pa.DataType] = {
    "as_of_date": pa.date32(),
    "holdout_from": pa.date32(),
    "reason": pa.string(),
    **dict.fromkeys(("customers", "repeat_customers", "holdout_days", "holdout_customers", "actual_purchases"), pa.int64()),
    **dict.fromkeys(("r", "alpha", "a", "b", "p", "q", "v"), pa.float64()),
    **dict.fromkeys(("predicted_purchases", "purchases_error", "naive_purchases_error"), pa.float64()),
    **dict.fromkeys(("actual_value", "predicted_value", "value_error", "naive_value_error"), pa.float64()),
}


@dataclass(frozen=True)
class Customers:
    """Customers as of a day, in weeks since their first purchase.

    Attributes:
        keys: their keys.
        x: repeat purchases.
        mean: value of a repeat purchase; 0 where there is none.
        later, later_value: purchases after that day, and what they brought.
    """

    keys: npt.NDArray[np.object_]
    x: Floats
    recency: Floats
    age: Floats
    mean: Floats
    later: Floats
    later_value: Floats

    @property
    def repeaters(self) -> npt.NDArray[np.bool_]:
        """Those of whose value there is something to learn."""
        return (self.x > 0) & (self.mean > 0)


@dataclass(frozen=True)
class Model:
    """Both models, fitted to the same customers."""

    purchases: BgNbd
    value: GammaGamma

    def forecast(self, customers: Customers, days: float) -> tuple[Floats, Floats]:
        """Purchases of each customer in the days to come, and what they will bring."""
        purchases = self.purchases.expected(days / _WEEK, customers.x, customers.recency, customers.age)
        return purchases, purchases * self.value.expected(np.where(customers.repeaters, customers.x, 0.0), customers.mean)


def fitted(days: duckdb.DuckDBPyRelation, last_day: date | None) -> pa.Table:
    """One row: the parameters, and how wrong they would have been; ``reason`` says why there are none.

    Args:
        days: a row per customer and day, as in int_customers__purchase_days.
        last_day: the last day of trade.
    """
    row: dict[str, Any] = dict.fromkeys(_TYPES) | {"as_of_date": last_day}
    if last_day is None:
        return _table([])
    now = _customers(days, last_day)
    row |= {"customers": len(now.keys), "repeat_customers": int(now.repeaters.sum())}
    model = _fit(now)
    if isinstance(model, str):
        return _table([row | {"reason": model}])
    row |= {name: _nine_digits(getattr(model.purchases, name)) for name in ("r", "alpha", "a", "b")}
    row |= {name: _nine_digits(getattr(model.value, name)) for name in ("p", "q", "v")}
    return _table([row | _held_out(days, last_day)])


def predicted(days: duckdb.DuckDBPyRelation, fit: duckdb.DuckDBPyRelation) -> pa.Table:
    """A row per customer with a purchase: the probability that they are still there, purchases and value of the next twelve months.

    Args:
        fit: what ``fitted`` gave.
    """
    found = fit.fetchone()
    names = fit.columns
    told = dict(zip(names, found, strict=True)) if found else {}
    if told.get("r") is None:
        return _predictions(np.array([], dtype=object), *(np.array([]) for _ in range(3)))
    model = Model(BgNbd(told["r"], told["alpha"], told["a"], told["b"]), GammaGamma(told["p"], told["q"], told["v"]))
    now = _customers(days, told["as_of_date"])
    purchases, value = model.forecast(now, SPAN)
    return _predictions(now.keys, model.purchases.p_alive(now.x, now.recency, now.age), purchases, value)


def _customers(days: duckdb.DuckDBPyRelation, cut: date) -> Customers:
    found = days.query("clv_days", _CUSTOMERS.format(cut=cut)).fetchnumpy()
    return Customers(
        keys=found["customer_key"],
        x=found["x"],
        recency=found["recency"] / _WEEK,
        age=found["age"] / _WEEK,
        mean=found["mean"],
        later=found["later"],
        later_value=found["later_value"],
    )


def _fit(customers: Customers) -> Model | str:
    """Both models, or why there are none."""
    repeaters = customers.repeaters
    if (count := int(repeaters.sum())) < LEAST_REPEATERS:
        return f"{count} customers came back, {LEAST_REPEATERS} are needed"
    # customers with the same figures are alike: a million of them have few different ones
    alike, counts = np.unique(np.stack([customers.x, customers.recency, customers.age]), axis=1, return_counts=True)
    purchases = bgnbd.fit(alike[0], alike[1], alike[2], counts.astype(np.float64))
    value = gammagamma.fit(customers.x[repeaters], customers.mean[repeaters])
    if purchases is None or value is None:
        return "the likelihood has no maximum that could be found"
    model = Model(purchases, value)
    if not all(np.isfinite(figures).all() for figures in model.forecast(customers, SPAN)):
        return "the forecast is not finite"
    return model


def _held_out(days: duckdb.DuckDBPyRelation, last_day: date) -> dict[str, Any]:
    """How wrong a forecast of the last days would have been, made of the days before, beside going on as before."""
    (first,) = days.query("clv_days", "select min(ordered_date) from clv_days where is_kept").fetchone() or (None,)
    length = min((last_day - first).days // _HELD_OUT_SHARE, _HELD_OUT_MOST)
    cut = last_day - timedelta(days=length)
    before = _customers(days, cut)
    row: dict[str, Any] = {"holdout_from": cut + timedelta(days=1), "holdout_days": length, "holdout_customers": len(before.keys)}
    model = _fit(before)
    if isinstance(model, str):
        return row | {"reason": f"nothing could be held out: before {cut + timedelta(days=1)} {model}"}
    purchases, value = model.forecast(before, length)
    as_before = np.divide(before.x * length / _WEEK, before.age, out=np.zeros_like(before.x), where=before.age > 0)
    return row | {
        "actual_purchases": int(before.later.sum()),
        "predicted_purchases": _rounded(purchases.sum()),
        "purchases_error": _error(purchases, before.later),
        "naive_purchases_error": _error(as_before, before.later),
        "actual_value": _rounded(before.later_value.sum()),
        "predicted_value": _rounded(value.sum()),
        "value_error": _error(value, before.later_value),
        "naive_value_error": _error(as_before * before.mean, before.later_value),
    }


def _error(found: Floats, actual: Floats) -> float:
    """The mean of the differences, each without its sign."""
    return _rounded(np.abs(found - actual).mean())


def _rounded(value: Any) -> float:
    return round(float(value), 6)


def _nine_digits(value: float) -> float:
    """What is beyond is noise of the search."""
    return float(f"{value:.9g}")


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=pa.schema(_TYPES))


def _predictions(keys: npt.NDArray[np.object_], p_alive: Floats, purchases: Floats, value: Floats) -> pa.Table:
    figures = {"p_alive": p_alive, "purchases_12m": purchases, "clv_12m": value}
    return pa.table(
        {"customer_key": pa.array(keys.tolist(), pa.string())}
        | {name: pa.array(np.round(each, 6), pa.float64()) for name, each in figures.items()}
    )
