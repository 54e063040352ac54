"""What a person asks of a landing beyond the ordinary, checked before anything is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fondaco.errors import UsageError
from fondaco.job.moments import moment

if TYPE_CHECKING:
    from fondaco.lake import Asked
    from fondaco.settings import Settings


def asked_of(
    settings: Settings, tables: tuple[str, ...], since: str | None, until: str | None, *, sweep: bool, accept_deletes: bool
) -> Asked:
    """What these options ask for.

    Args:
        since, until: times in ISO 8601; without a zone, the shop's own.

    Raises:
        UsageError: the options contradict each other, or a time is none.
    """
    from fondaco.lake import Asked
    from fondaco.sources.base import Span

    if since is None and until is not None:
        raise UsageError("--until needs --since", hint="say from when on, as in --since 2024-05-01 --until 2024-05-02")
    if accept_deletes and not tables:
        raise UsageError("--accept-deletes needs the tables that it is meant for", hint="fondaco ingest shop.orders --accept-deletes")
    zone = settings.business.timezone
    first = moment(since, zone, "--since") if since is not None else None
    last = moment(until, zone, "--until") if until is not None else None
    if first is not None and last is not None and last <= first:
        raise UsageError(f"--until {until} does not come after --since {since}", hint="the time of --until itself is left out")
    return Asked(Span(first, last) if first is not None else None, sweep or accept_deletes, accept_deletes)
