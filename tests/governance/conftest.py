"""One governed server for all tests of a worker; a test that changes it puts it back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.governance.governed import Governed, governed


@pytest.fixture(scope="session")
def shop() -> Iterator[Governed]:
    """A shop that is served as it is shipped; nothing may be changed about it."""
    with governed() as found:
        yield found


@pytest.fixture
def changing(shop: Governed) -> Iterator[Governed]:
    """The same shop, for a test that changes policy, data or server: all is put back after it."""
    try:
        yield shop
    finally:
        shop.reset()
