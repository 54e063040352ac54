"""The keys by which it is told whose a row is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fondaco.lake.forgotten import Keys
    from fondaco.settings import Settings


def keys_of(settings: Settings) -> Keys:
    """The keys of hashes and pseudonyms, of a secret that is not in the lake."""
    from fondaco.governance.key import key_of
    from fondaco.lake.forgotten import Keys

    return Keys(lambda: key_of(settings), tuple(domain.lower() for domain in settings.rules.test_orders.email_domains))
