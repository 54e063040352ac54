"""A gift shop, run through Dagster once for all: its definitions, and what its first run came to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dagster import AssetKey, DagsterEvent, DagsterInstance, Definitions, ExecuteInProcessResult

from fondaco.orchestration.definitions import of_shop
from fondaco.warehouse import prepare_graph
from tests.whole.conftest import Shop, retail

FIRST = [
    "536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom",
    "536365,71053,LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom",
    "536366,71053,LANTERN,six,2010-12-01 08:28:00,3.39,17850.0,United Kingdom",
]
SECOND = ["536370,22728,CLOCK,24,2010-12-02 08:45:00,3.75,12583.0,France"]


@dataclass(frozen=True)
class Orchestrated:
    """A shop and its Dagster."""

    shop: Shop
    instance: DagsterInstance

    @property
    def definitions(self) -> Definitions:
        return of_shop(self.shop.settings)

    @property
    def today(self) -> str:
        return f"{datetime.now(ZoneInfo(self.shop.settings.business.timezone)):%Y-%m-%d}"

    def run(self, job: str, *, partition: str | None = None, **more: Any) -> ExecuteInProcessResult:
        """A job run in this process; `partition` is the day of a landing."""
        found = self.definitions.resolve_job_def(job)
        return found.execute_in_process(instance=self.instance, partition_key=partition, raise_on_error=False, **more)


def events(result: ExecuteInProcessResult, kind: str) -> list[DagsterEvent]:
    """The events of one kind, in order."""
    return [event for event in result.all_events if event.event_type_value == kind]


def made(result: ExecuteInProcessResult) -> set[AssetKey]:
    """The assets that a run made."""
    return {event.asset_key for event in events(result, "ASSET_MATERIALIZATION") if event.asset_key is not None}


def said(result: ExecuteInProcessResult) -> str:
    """Why a run failed, as its pages show it."""
    faults = [event.step_failure_data.error for event in events(result, "STEP_FAILURE")]
    return "\n".join(line for fault in faults if fault for line in (fault.message, fault.cause.message if fault.cause else ""))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Orchestrated, ExecuteInProcessResult]]:
    """A shop whose first files went the whole way, and that run."""
    shop = retail(tmp_path_factory.mktemp("dagster") / "shop", {"a.csv.gz": FIRST})
    prepare_graph(shop.settings)
    with DagsterInstance.ephemeral() as instance:
        clock = Orchestrated(shop, instance)
        yield clock, clock.run("everything", partition=clock.today)


@pytest.fixture
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DagsterInstance]:
    with DagsterInstance.local_temp(str(tmp_path_factory.mktemp("home"))) as instance:
        yield instance
