"""What every test may use: a small derandomised Hypothesis profile, the shared data if it is there, a house to stand in."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from fondaco.storage import Bucket
from tests import s3, servers

ROOT = Path(__file__).parents[1]

# derandomised: the same commit gives the same result; `--hypothesis-profile=long` looks further (make test-all)
settings.register_profile("short", max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", parent=settings.get_profile("short"), max_examples=300)
settings.load_profile("short")


@pytest.fixture(scope="session")
def repo() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data that stands beside the checkout; without it the test is skipped and says so."""
    folder = Path(os.environ.get("FONDACO_SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"left out: no shared data at {folder} (set FONDACO_SHARED_DATA)")
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[servers.Server]:
    """A PostgreSQL server; a test makes a database of its own in it."""
    with servers.postgres() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[servers.Server]:
    """A MariaDB server; a test makes a database of its own in it."""
    with servers.mariadb() as server:
        yield server


@pytest.fixture(scope="session")
def s3_server() -> Iterator[servers.Server]:
    """An S3 store; a test makes a bucket of its own in it."""
    with servers.s3() as server:
        yield server


@pytest.fixture
def bucket(s3_server: servers.Server) -> Bucket:
    """An empty bucket."""
    return s3.new_bucket(s3_server)


@pytest.fixture
def put(s3_server: servers.Server, bucket: Bucket) -> Callable[[str, bytes], None]:
    """Puts an object of any name into the bucket."""
    return lambda key, data: s3.put(s3_server, bucket, key, data)


@pytest.fixture
def proxy(s3_server: servers.Server, bucket: Bucket) -> Iterator[s3.Proxy]:
    """What stands between us and the bucket, and lets requests through until it is told otherwise."""
    with s3.Proxy(s3_server, bucket) as between:
        yield between


@pytest.fixture(autouse=True)
def _no_environment_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own FONDACO_… and AWS_… variables must not reach a test, nor his AWS configuration."""
    for name in [name for name in os.environ if name.startswith(("FONDACO_", "AWS_")) and name != "FONDACO_SHARED_DATA"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest go first, so that the workers end together; a test that needs more than a moment says so by its marks."""
    cost: dict[Path, float] = defaultdict(float)
    for item in items:
        timeout, is_slow = item.get_closest_marker("timeout"), item.get_closest_marker("slow") is not None
        cost[item.path] = max(cost[item.path], float(timeout.args[0]) if timeout and timeout.args else float(is_slow))
    items.sort(key=lambda item: -cost[item.path])
