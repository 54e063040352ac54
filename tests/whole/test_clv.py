"""Predictions of customers' value, in whole runs."""

from __future__ import annotations

import pytest

from fondaco.job.simulate import live_on
from fondaco.job.verify import verify
from tests.whole.conftest import Shop, Unwatched, differences

CONFIG = """\
version: 1
project: foreseen
business: {timezone: Europe/Berlin, currency: EUR}
quality: {max_bad_share: 20%}
sources:
  shop: {type: demo, customers: 900, days: 160, start: 2025-01-01, seed: 41}
rules: {predict_clv: true}
demo: true
"""


@pytest.mark.slow
def test_predictions_follow_the_days_are_the_same_after_a_rebuild_and_go_when_they_are_switched_off(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    shop = Shop(tmp_path_factory.mktemp("foreseen") / "shop").configure(CONFIG)
    shop.run()
    earlier = shop.rows("select as_of_date, r from gold.clv_fit")
    live_on(shop.settings, "shop", 6, None, lambda day: None)
    shop.run()
    assert shop.rows("select as_of_date, r from gold.clv_fit") != earlier
    buyers = "gold.customers where frequency is not null"
    assert shop.value(f"select count(*) from {buyers} and (p_alive is null or clv_12m is null)") == 0
    assert shop.value(f"select count(*) from {buyers} and (p_alive not between 0 and 1 or clv_12m < 0)") == 0
    assert shop.value("select count(*) from gold.customers where orders = 0 and clv_12m is not null") == 0
    assert shop.value("select purchases_error < naive_purchases_error and reason is null from gold.clv_fit")
    assert verify(shop.settings, Unwatched()).differences == ()
    rebuilt = shop.copy(tmp_path_factory.mktemp("rebuilt") / "shop")
    rebuilt.forget_the_warehouse()
    rebuilt.run()
    assert not differences(shop, rebuilt, landing=True)
    shop.configure(CONFIG.replace("rules: {predict_clv: true}\n", ""))
    shop.run()
    assert shop.rows("select count(*), count(clv_12m), count(p_alive) from gold.customers")[0][1:] == (0, 0)
    assert shop.value("select count(*) from gold.clv_fit") == 0
