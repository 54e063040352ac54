"""History against an independent truth: versions of customers, products and resellers, whatever way their states arrive.

The truth is plain Python over the states that landed: interval arithmetic, no window function, no hash.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.warehouse.plain_shop import PlainShop
from tests.warehouse.project import Project

DIMENSIONS = ("dim_customers", "dim_products", "dim_resellers")


@dataclass(frozen=True)
class Seen:
    """One state of a member as it landed. `values` is None for a tombstone."""

    entity: str
    member: str
    at: datetime
    values: tuple[tuple[str, Any], ...] | None


@dataclass(frozen=True)
class Sale:
    """An order whose customer, product and reseller may be known, or not yet, or never."""

    number: int
    at: datetime
    customer: str | None
    product: str | None
    reseller: str | None


@dataclass(frozen=True)
class Version:
    """What a dimension says of one version, by the names of its columns."""

    member: str
    kind: str
    values: tuple[tuple[str, Any], ...] | None
    observed_from: datetime | None
    valid_from: datetime
    valid_to: datetime | None
    number: int
    recorded_at: datetime | None


SINGULAR = {"customers": "customer", "products": "product", "resellers": "reseller"}
KIND = {"customers": "registered", "products": "catalogued", "resellers": "registered"}
#: Per entity, the column that tells its states apart; states look alike where a careless comparison would take them for one.
TEXTS = (None, "", " ", "a", "a ", "A", "é", "e\u0301", "a\u00a0", "NULL", "-", "1:a", "\U0001f6d2")
STATES: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "customers": [{"first_name": text, "last_name": last} for text in TEXTS for last in (None, "", "a")],
    "products": [{"list_price": price, "name": name} for price in (None, "10", "10.00", "10.0001", "0") for name in ("a", "a ")],
    "resellers": [{"commission_rate": rate, "email": mail} for rate in (None, "0.1", "0.10", "0.10000001") for mail in (None, "")],
}

# neighbours to the microsecond: leap day, new year, and both hours that Europe's clocks change
_EDGES = [datetime(2024, 2, 29, 23, 59, 59, 999_999), datetime(2024, 3, 31, 1), datetime(2024, 10, 27, 1), datetime(2023, 12, 31, 23)]
MOMENTS = [*sorted(edge + timedelta(microseconds=step) for edge in _EDGES for step in (-1, 0, 1)), datetime(2023, 6, 1)]
moments = st.sampled_from(MOMENTS)


@st.composite
def _seen(draw: st.DrawFn) -> Seen:
    entity = draw(st.sampled_from(sorted(STATES)))
    values = draw(st.none() | st.sampled_from(STATES[entity][:6]) | st.sampled_from(STATES[entity]))
    # as the contract's types say: 10 and 10.00 are one price
    typed = None if values is None else tuple((name, _typed(name, value)) for name, value in values.items())
    return Seen(entity, draw(st.sampled_from("xy")), draw(moments), typed)


def _typed(name: str, value: Any) -> Any:
    return Decimal(value) if name in ("list_price", "commission_rate") and value is not None else value


_members = st.none() | st.sampled_from("xyz")
sales = st.lists(st.builds(Sale, st.integers(1, 6), moments, _members, _members, _members), max_size=4, unique_by=lambda sale: sale.number)
#: Batches of what lands together, a build after each; the same state may land many times.
batches = st.lists(st.tuples(st.lists(_seen(), max_size=6), sales), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def project(repo: Path) -> Project:
    return Project(repo)


@given(landings=batches)
def test_every_version_is_the_truth_after_each_build_and_after_a_rebuild(
    project: Project, repo: Path, landings: list[tuple[list[Seen], list[Sale]]]
) -> None:
    shop = PlainShop(project, repo)
    try:
        landed: list[tuple[datetime, Seen]] = []
        sold: dict[int, tuple[Sale, datetime]] = {}
        for states, sales in landings:
            _land(shop, states, sales)
            landed += [(shop.now, state) for state in states]
            # of one sale, the last that landed counts; the orders of this test never change but as a whole
            sold |= {sale.number: (sale, shop.now) for sale in sales}
            shop.build(*DIMENSIONS)
            for entity in STATES:
                assert _found(shop, entity) == _truth(entity, landed, [sale for sale, _ in sold.values()])
            shop.next_day()
        step_by_step = shop.contents()
        shop.build(*DIMENSIONS, full_refresh=True)
        assert shop.contents() == step_by_step
    finally:
        shop.close()


def _land(shop: PlainShop, states: list[Seen], sales: list[Sale]) -> None:
    for state in states:
        row = {f"{SINGULAR[state.entity]}_id": state.member, "updated_at": state.at}
        shop.land(state.entity, row | dict(state.values or ()), delete=state.values is None)
    for sale in sales:
        row = {"order_id": str(sale.number), "ordered_at": sale.at, "customer_id": sale.customer, "updated_at": shop.now}
        shop.land("orders", row)
        item = {"order_item_id": str(sale.number), "order_id": str(sale.number), "product_id": sale.product, "reseller_id": sale.reseller}
        shop.land("order_items", item)


def _found(shop: PlainShop, entity: str) -> list[Version]:
    one = SINGULAR[entity]
    columns = ", ".join(STATES[entity][0])
    rows = shop.rows(
        f"""
        select {one}_id, member_kind, is_deleted, observed_from, valid_from, valid_to, is_current, version_number, recorded_at, {columns}
        from silver.dim_{entity} where {one}_key is not null order by 1, version_number
        """
    )
    assert shop.rows(f"select count(*) from silver.dim_{entity} where {one}_sk = '-1'") == [(1,)]
    found = []
    for member, kind, is_deleted, observed, begins, ends, is_current, number, recorded, *values in rows:
        assert is_current is (ends is None)
        state = None if is_deleted else tuple(zip(STATES[entity][0], values, strict=True)) if kind == KIND[entity] else ()
        found.append(Version(member, kind, state, observed, begins, ends, number, recorded if observed else None))
    return found


def _truth(entity: str, landed: list[tuple[datetime, Seen]], sales: list[Sale]) -> list[Version]:
    """Every version there must be."""
    members = sorted({seen.member for _, seen in landed if seen.entity == entity})
    named = {getattr(sale, SINGULAR[entity]) for sale in sales} - {None}
    found = [version for member in members for version in _chain(entity, member, landed, sales)]
    for member in named - set(members):
        begins = min(sale.at for sale in sales if getattr(sale, SINGULAR[entity]) == member)
        found.append(Version(member, "inferred", (), None, begins, None, 1, None))
    return sorted(found, key=lambda version: (version.member, version.number))


def _chain(entity: str, member: str, landed: list[tuple[datetime, Seen]], sales: list[Sale]) -> Iterator[Version]:
    said: dict[datetime, tuple[Any, datetime]] = {}
    for recorded, seen in landed:
        if (seen.entity, seen.member) == (entity, member):
            before = said.get(seen.at)
            if before is None or before[0] != seen.values:
                said[seen.at] = (seen.values, recorded)
    chain: list[tuple[datetime, Any, datetime]] = []
    for at in sorted(said):
        values, recorded = said[at]
        if not chain or chain[-1][1] != values:
            chain.append((at, values, recorded))
    events = [sale.at for sale in sales if getattr(sale, SINGULAR[entity]) == member]
    for number, (at, values, recorded) in enumerate(chain, 1):
        ends = chain[number][0] if number < len(chain) else None
        begins = min([at, *events]) if number == 1 else at
        yield Version(member, KIND[entity], values, at, begins, ends, number, recorded)
