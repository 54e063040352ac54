"""A shop whose drops and lake are in buckets comes to the figures that it comes to in folders, and leaves no key behind."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fondaco.storage import Bucket, open_store, patience, place_of
from tests.s3 import HASTY, Proxy
from tests.whole.conftest import HEADER, Shop, differences, retail
from tests.whole.test_online_retail import line

IN_BUCKETS = """\
version: 1
project: gifts
business: {{timezone: Europe/London, currency: GBP}}
sources:
  gifts: {{type: files, path: s3://{name}/drops, system: online_retail, {access}}}
lake: {{path: "s3://{name}/the lake", {access}}}
"""
ACCESS = (
    "region: us-east-1, endpoint: '{endpoint}', access_key_id: '${{KEY}}', secret_access_key: '${{SECRET}}', session_token: '${{TOKEN}}'"
)
DAYS = {
    "2010-12-01": [line("536365", "21001", 2, "2010-12-01 10:00:00", "1.50"), line("536366", "21002", 1, "2010-12-01 11:00:00", "4.00")],
    "2010-12-02": [
        line("536367", "21001", 3, "2010-12-02 10:00:00", "1.50"),
        line("C536365", "21001", -1, "2010-12-02 12:00:00", "1.50"),
        line("536369", "21003", 1, "not a time", "1.00"),
    ],
}


def in_buckets(root: Path, place: Bucket) -> Shop:
    assert place.keys is not None and place.endpoint is not None
    shop = Shop(root).configure(IN_BUCKETS.format(name=place.name, access=ACCESS.format(endpoint=place.endpoint)) + MORE)
    (root / ".env").write_text(f"KEY={place.keys.access_key_id}\nSECRET={place.keys.secret_access_key}\nTOKEN={place.keys.session_token}\n")
    return shop


MORE = "quality: {max_bad_share: 60%}\n"


def drop(place: Bucket, day: str) -> None:
    text = "".join(f"{text}\n" for text in (HEADER, *DAYS[day])).encode()
    open_store(replace(place, prefix="drops")).replace(f"{day}.csv.gz", gzip.compress(text, mtime=0))


@pytest.mark.slow
def test_buckets_come_to_what_folders_come_to_and_no_key_is_left_behind(shop_at: Callable[[], Path], bucket: Bucket) -> None:
    there, here = in_buckets(shop_at(), bucket), retail(shop_at(), more=MORE)
    for day in DAYS:
        drop(bucket, day)
        here.drop(f"{day}.csv.gz", DAYS[day])
        there.run()
        here.run()
    assert differences(there, here, rows_of_the_lake=False) == []
    assert there.value("select count(*) from bronze.online_retail__invoice_lines") == 4
    assert there.value("select sum(net_revenue) from gold.daily_sales") == here.value("select sum(net_revenue) from gold.daily_sales")

    assert there.call("status").exit_code in (0, 1)
    assert there.call("plan").exit_code == 0
    assert [row["reason"] for row in there.call("quarantine", "show").data["rows"]] == ["not_a_timestamp"]
    assert there.run().build is None, "nothing is new"

    rebuilt = in_buckets(shop_at(), bucket)
    rebuilt.run("build")
    assert differences(there, rebuilt, rows_of_the_lake=False) == []

    assert bucket.keys is not None and bucket.keys.session_token is not None
    for root in (there.root, rebuilt.root):
        for file in (path for path in root.rglob("*") if path.is_file() and path.name != ".env"):
            content = file.read_bytes()
            assert bucket.keys.secret_access_key.encode() not in content, file
            assert bucket.keys.session_token.encode() not in content, file
    for item in open_store(place_of(there.settings.lake)).listing():
        assert bucket.keys.secret_access_key.encode() not in (open_store(place_of(there.settings.lake)).read(item.path) or b"")


@pytest.mark.slow
def test_a_build_that_may_not_read_the_lake_fails_with_the_stores_reason(
    shop_at: Callable[[], Path], bucket: Bucket, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PATIENCE", HASTY)
    shop = in_buckets(shop_at(), replace(proxy.place))
    drop(bucket, "2010-12-01")
    shop.run("ingest")
    proxy.fault = lambda request: "denied" if request.target.endswith(".parquet") else None
    call = shop.call("build")
    assert call.exit_code == 1
    assert "access denied" in str(call)
    assert "secret-of-the-test" not in str(call) and "token-of-the-test" not in str(call)
