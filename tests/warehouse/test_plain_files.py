"""A shop's own files in the columns of contracts/: the first thing that a newcomer tries."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from fondaco.contracts import load_contracts, load_system
from fondaco.lake import Lake, land
from fondaco.settings import Settings, load_settings
from fondaco.sources.files import FileDrops
from fondaco.warehouse import build, query

CUSTOMERS = """\
customer_id,email,country,updated_at
1,ann@example.com,DE,2024-01-01 10:00:00
2,bob@example.com,FR,2024-01-02 10:00:00
"""
ORDERS = """\
order_id,customer_id,ordered_at,status,channel,country,currency,shipping_amount,discount_amount,updated_at
100,1,2024-01-03 09:00:00,paid,web,DE,EUR,4.90,1.00,2024-01-03 09:00:00
101,2,2024-02-03 09:00:00,cancelled,web,FR,EUR,4.90,0,2024-02-04 09:00:00
102,3,2024-02-05 09:00:00,paid,web,FR,EUR,,,2024-02-05 09:00:00
"""
ITEMS = """\
order_item_id,order_id,product_id,quantity,unit_price
1,100,A1,2,20.00
2,101,A1,1,20.00
3,102,B9,1,-3
4,102,B9,1,30
"""
PRODUCT = {"product_id": "A1", "name": "Lamp", "list_price": 20.00, "currency": "EUR", "updated_at": "2024-01-01T00:00:00"}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    root = tmp_path_factory.mktemp("own")
    drops = root / "drops"
    drops.mkdir()
    (drops / "customers_2024.csv").write_text(CUSTOMERS)
    (drops / "products.jsonl").write_text(json.dumps(PRODUCT) + "\n")
    (drops / "order_items.csv").write_text(ITEMS)
    (root / "orders.csv").write_text(ORDERS)
    duckdb.sql(f"select * from read_csv('{root / 'orders.csv'}', all_varchar = true)").write_parquet(str(drops / "orders.parquet"))
    (root / "fondaco.yml").write_text(
        "project: own\nsources: {own: {type: files, path: ./drops, system: plain}}\n"
        "lake: {path: ./lake}\nwarehouse: {path: ./warehouse.duckdb}\nquality: {max_bad_share: 50%}\n"
    )
    settings = load_settings(root / "fondaco.yml")
    lake = Lake.open(settings.lake.path)
    reports = list(land([FileDrops("own", load_system(settings.house / "systems", "plain"), drops, settle=0)], lake, settings.quality))
    assert [report.errors for report in reports if report.errors] == []
    assert build(settings, lake).failures == ()
    return settings


def test_every_contract_has_its_file_with_all_its_columns(repo: Path) -> None:
    tables = load_system(repo / "systems", "plain").tables
    for entity, contract in load_contracts(repo / "contracts").items():
        assert {column.name: column.type for column in tables[entity].columns} == {column.name: column.type for column in contract.columns}
        assert {column.name: column.classification for column in tables[entity].columns} == {
            column.name: column.classification for column in contract.columns
        }


def test_csv_json_lines_and_parquet_stand_side_by_side(settings: Settings) -> None:
    orders = query(settings, "select order_id, gross_amount, net_amount, is_valid from silver.fact_orders order by 1").rows
    assert [(key, str(gross), str(net), valid) for key, gross, net, valid in orders] == [
        ("100", "40.0000", "39.0000", True),
        ("101", "20.0000", "20.0000", False),
        ("102", "30.0000", "30.0000", True),
    ]


def test_a_customer_that_only_an_order_names_is_inferred(settings: Settings) -> None:
    kinds = dict(query(settings, "select customer_key, member_kind from silver.dim_customers where customer_key is not null").rows)
    assert kinds == {"own:1": "registered", "own:2": "registered", "own:3": "inferred"}


def test_a_cancelled_order_is_in_the_ledger_twice_and_adds_up_to_nothing(settings: Settings) -> None:
    events = query(
        settings, "select event_type, sum(booked_amount) from silver.fact_sales_ledger where order_key = 'own:101' group by 1"
    ).rows
    assert {kind: str(amount) for kind, amount in events} == {"sale": "24.9000", "cancellation": "-24.9000"}


def test_a_negative_price_is_put_aside_and_its_order_stays(settings: Settings) -> None:
    assert query(settings, "select line_count from silver.fact_orders where order_id = '102'").rows == ((1,),)
