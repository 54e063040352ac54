"""How a warehouse names what the shop calls by a number: over all sources, and each version of a member by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any

#: Columns whose values the warehouse names by their source, with the words that are no names.
_KEYS = frozenset(
    {"order_key", "order_item_key", "product_key", "other_product_key", "reseller_key", "payment_key", "shipment_key", "refund_key", "seller"}
)  # fmt: skip
_NO_KEYS = frozenset({"own", "mixed", "unknown"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: The version of nobody.
UNKNOWN = "-1"


@dataclass(frozen=True)
class Names:
    """The names of one source.

    Attributes:
        source: as fondaco.yml calls it.
    """

    source: str = "shop"

    def of(self, column: str, value: Any) -> Any:
        """A value of a column as the warehouse has it; the truth knows keys by the shop's numbers and guests by their address."""
        if value is None or (column in _KEYS and value in _NO_KEYS):
            return value
        if column == "customer_key":
            return self.customer(value)
        return self.key(value) if column in _KEYS else value

    def key(self, number: object) -> str:
        """A number of the shop over all sources."""
        return f"{self.source}:{number}"

    def customer(self, key: str) -> str:
        """A customer's number over all sources, a guest's address so that it cannot be read back."""
        return f"guest:{_hash(key)}" if "@" in key else self.key(key)

    def version(self, key: str, observed_from: str | None) -> str:
        """Surrogate key of a member's version, first observed at a time (UTC text); of a member that was never observed, by None."""
        if observed_from is None:
            return _hash(key)
        microseconds = (datetime.fromisoformat(observed_from).replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
        return _hash(f"{key}|{microseconds}")

    def ledger(self, *parts: str | None) -> str:
        """Key of an entry of the ledger: its kind and what it is of."""
        return _hash("|".join(part or "" for part in parts))


def _hash(text: str) -> str:
    return md5(text.encode()).hexdigest()
