"""A condition as a person writes it, for MetricFlow."""

from __future__ import annotations

import pytest

from fondaco.errors import UsageError
from fondaco.metrics import Dimension
from fondaco.metrics.condition import condition

KNOWN = {
    "country": Dimension("country", "sale__country", "categorical"),
    "is_guest": Dimension("is_guest", "sale__is_guest", "categorical"),
    "customer": Dimension("customer", "customer", "entity"),
    "customer.first_order_date": Dimension("customer__first_order_date", "customer__first_order_date", "time", "day"),
}
GOOD = {
    "country = 'DE'": "{{ Dimension('sale__country') }} = 'DE'",
    "country in ('DE', 'AT') and not is_guest": "{{ Dimension('sale__country') }} IN ('DE', 'AT') AND NOT {{ Dimension('sale__is_guest') }}",
    "(country is null or country like 'A%')": "({{ Dimension('sale__country') }} IS NULL OR {{ Dimension('sale__country') }} LIKE 'A%')",
    "customer = 'shop:1'": "{{ Entity('customer') }} = 'shop:1'",
    "country = 'it''s'": "{{ Dimension('sale__country') }} = 'it''s'",
    "customer.first_order_date >= date '2025-01-01'": "{{ TimeDimension('customer__first_order_date', 'day') }} >= CAST('2025-01-01' AS DATE)",
}
BAD = (
    "country =",
    "country = 'DE'; drop table gold.orders",
    "country = 'DE' order by 1",
    "country = 'DE' group by country",
    "country in (select country from gold.customers)",
    "exists (select 1)",
    "country = getenv('HOME')",
    "length(country) = 2",
    "country = '{{ 1 + 1 }}'",
    "{% raw %}",
    "1 = 1 union select 1",
    "",
)


@pytest.mark.parametrize("text", GOOD)
def test_comparisons_of_dimensions_with_values_are_understood(text: str) -> None:
    assert condition(text, KNOWN.__getitem__)[0] == GOOD[text]


def test_the_dimensions_in_it_are_named() -> None:
    assert condition("country = 'DE' or not is_guest", KNOWN.__getitem__)[1] == {"country", "is_guest"}


@pytest.mark.parametrize("text", BAD)
def test_anything_more_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="cannot be used"):
        condition(text, KNOWN.__getitem__)
