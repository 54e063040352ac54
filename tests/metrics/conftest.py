"""A small simulated shop that was loaded once, and what it must come to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest

from fondaco.job.figures import catalogue
from fondaco.metrics import Answer, Asked, Catalogue, Compiler, answer
from fondaco.sources.demo import ANSWERS, Rules, facts_of
from fondaco.sources.demo.marts.figures import refund_lines
from tests.whole.conftest import Shop

Row = Mapping[str, Any]
DAYS = 150
CONFIG = f"""\
version: 1
project: figures
business: {{timezone: Europe/Berlin, currency: EUR, week_start: sunday}}
quality: {{max_bad_share: 20%}}
sources:
  shop: {{type: demo, customers: 800, days: {DAYS}, start: 2025-01-01, seed: 41}}
rules: {{predict_clv: true}}
demo: true
"""


@dataclass(frozen=True, repr=False)
class Known:
    """A shop, its definitions, and the truth as rows by mart; what every refund gave back of every line stands under ``refund_lines``."""

    shop: Shop
    catalogue: Catalogue
    compiler: Compiler
    rows: Mapping[str, Sequence[Row]]
    connection: duckdb.DuckDBPyConnection

    def ask(self, *names: str, **asked: Any) -> Answer:
        def run(sql: str) -> tuple[Sequence[str], Sequence[Sequence[Any]]]:
            found = self.connection.execute(sql)
            return [column[0] for column in found.description or []], found.fetchall()

        return answer(self.catalogue, self.compiler, Asked(names, **asked), run)

    def figures(self, name: str, **asked: Any) -> dict[Any, Any]:
        """One metric by one key."""
        return dict(self.ask(name, **asked).rows)

    def figure(self, name: str, **asked: Any) -> Any:
        """One metric of the whole time."""
        ((value,),) = self.ask(name, **asked).rows
        return value


@pytest.fixture(scope="session")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    shop = Shop(tmp_path_factory.mktemp("figures") / "shop").configure(CONFIG)
    shop.run()
    counted = facts_of(
        shop.root / ".fondaco" / "shop.sqlite",
        reads=frozenset({date(2025, 1, 1) + timedelta(days=DAYS - 1)}),
        rules=Rules(week_start=6),
    )
    rows: dict[str, list[Row]] = {name.removeprefix("gold."): list(answer.rows(counted)) for name, answer in ANSWERS.items()}
    rows["refund_lines"] = list(refund_lines(counted))
    # as the warehouse names a reseller
    rows["parcels"] = [
        {**row, "seller": f"shop:{row['seller']}" if isinstance(row["seller"], int) else row["seller"]} for row in rows["parcels"]
    ]
    found = catalogue(shop.settings)
    # of a copy: two connections of one process to one file must be configured alike
    copy = shutil.copy2(shop.settings.warehouse.path, shop.root.parent / "copy.duckdb")
    with duckdb.connect(str(copy), read_only=True) as connection:
        yield Known(shop, found, Compiler(found.manifest), rows, connection)
