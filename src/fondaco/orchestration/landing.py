"""One asset for each table of a source, landed in one step: a batch never holds an order without its lines."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckKey,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    BackfillPolicy,
    Config,
    DailyPartitionsDefinition,
    MaterializeResult,
    MetadataValue,
    multi_asset,
    multi_asset_check,
)

from fondaco.job import TableLanding, now, run
from fondaco.job.shops import Owned, owned
from fondaco.job.status import look
from fondaco.job.volume import volumes
from fondaco.lake import Asked
from fondaco.orchestration.calls import calling, give_up
from fondaco.orchestration.keys import OWNERS, POOL, of_landing, of_source
from fondaco.settings import Settings
from fondaco.sources.base import Span

ADDS_UP, ACCEPTED, USUAL, FRESH = "rows_add_up", "nothing_put_aside", "usual_volume", "brings_rows"


class Landing(Config):
    """What may be asked of a landing beyond what is new.

    Attributes:
        sweep: compare keys now, to find what was deleted.
        accept_deletes: believe once that so many rows of the chosen tables were deleted.
    """

    sweep: bool = False
    accept_deletes: bool = False


def sources(settings: Settings) -> list[AssetSpec]:
    """Where rows come from; nothing here makes them."""
    systems = {entry.source: entry.system for entry in owned(settings)}
    return [
        AssetSpec(
            of_source(name),
            description=f"{systems[name].description} What it holds is declared in systems/{source.system}.yml.",
            group_name="sources",
            kinds={_KINDS.get(source.type, source.type)},
            owners=OWNERS,
            metadata={"type": source.type, "system": source.system, "tables": len(systems[name].tables)},
        )
        for name, source in settings.sources.items()
    ]


#: Dagster's own words for what a source is, where it has an icon for it.
_KINDS = {"demo": "sqlite", "files": "file"}


def days(settings: Settings, first: datetime) -> DailyPartitionsDefinition:
    """The days of the sources' time, today among them: today's landing brings what is new, an earlier day's reads that day again."""
    return DailyPartitionsDefinition(start_date=first, timezone=settings.business.timezone, end_offset=1)


def landing(settings: Settings, partitions: DailyPartitionsDefinition) -> AssetsDefinition:
    """The step that lands."""
    tables = {of_landing(entry.source, entry.table.name): entry for entry in owned(settings)}

    @multi_asset(
        name="land_tables",
        specs=[_spec(key, entry, partitions) for key, entry in tables.items()],
        check_specs=[check for key in tables for check in _checks(key)],
        can_subset=True,
        backfill_policy=BackfillPolicy.single_run(),
        pool=POOL,
        description="Lands what is new in the lake, as `fondaco ingest` does.",
    )
    def land(context: AssetExecutionContext, config: Landing) -> Iterator[MaterializeResult[Any]]:
        meant = [f"{entry.source}.{entry.table.name}" for key, entry in tables.items() if key in context.selected_asset_keys]
        asked = Asked(_span(context), config.sweep or config.accept_deletes, config.accept_deletes)
        with calling(context, settings.schedule) as watch:
            report = run(
                settings,
                "ingest",
                watch=watch,
                tables=meant if len(meant) < len(tables) or config.accept_deletes else (),
                asked=None if asked == Asked() else asked,
                by=f"dagster {context.run.run_id}",
            )
        for note in report.notes:
            context.log.warning(note)
        landed = {of_landing(table.source, table.table): table for table in report.tables}
        for key, table in landed.items():
            for told in table.notes:
                context.log.warning(f"{table.source}.{table.table}: {told}")
            if not table.errors:
                yield MaterializeResult(key, metadata=_metadata(table, report.run_id), check_results=_held(key, table, context))
        if report.faults:
            give_up(context, settings.schedule, report.faults)

    return land


def watching(settings: Settings) -> AssetChecksDefinition:
    """What is asked after a landing: whether a source still brings rows, and whether a table brought what it usually does."""
    tables = [(entry.source, entry.table.name) for entry in owned(settings)]

    @multi_asset_check(
        name="look_at_landing",
        specs=[
            *(
                AssetCheckSpec(FRESH, asset=of_source(name), description="A source has brought a row within `quality.stale_after`.")
                for name in settings.sources
            ),
            *(
                AssetCheckSpec(
                    USUAL, asset=of_landing(*table), description="The last 24 hours brought what the table's own past lets expect."
                )
                for table in tables
            ),
        ],
        can_subset=True,
    )
    def look_at_landing(context: AssetCheckExecutionContext) -> Iterator[AssetCheckResult]:
        wanted = context.op_execution_context.selected_asset_check_keys
        with calling(context, settings.schedule):
            stale, found = dict(look(settings, now()).stale), {(one.source, one.table): one for one in volumes(settings, now())}
        for name in settings.sources:
            if AssetCheckKey(of_source(name), FRESH) in wanted:
                yield _warning(of_source(name), FRESH, stale.get(name))
        for table in tables:
            volume = found.get(table)
            if AssetCheckKey(of_landing(*table), USUAL) in wanted:
                said = volume.said if volume else "nothing of it has landed yet"
                yield AssetCheckResult(
                    passed=volume is None or volume.is_usual,
                    asset_key=of_landing(*table),
                    check_name=USUAL,
                    severity=AssetCheckSeverity.WARN,
                    description=said,
                )

    return look_at_landing


def _warning(key: AssetKey, name: str, fault: str | None) -> AssetCheckResult:
    return AssetCheckResult(
        passed=fault is None,
        asset_key=key,
        check_name=name,
        severity=AssetCheckSeverity.WARN,
        description=fault or "it has brought rows lately",
    )


def _spec(key: AssetKey, entry: Owned, partitions: DailyPartitionsDefinition) -> AssetSpec:
    table = entry.table
    read = f"read by `{table.cursor}`" if table.cursor else f"read with its {table.parent.table}" if table.parent else "read whole"
    return AssetSpec(
        key,
        deps=[of_source(entry.source)],
        description=f"{table.description}\n\nEvery version that was ever read, as the source has it; {read}, known by {', '.join(table.key) or 'file and row'}.",
        group_name="lake",
        kinds={"parquet"},
        owners=OWNERS,
        partitions_def=partitions,
        skippable=True,
        metadata={"dagster/column_schema": _columns(entry), "system": entry.system.name},
        tags={"source": entry.source},
    )


def _columns(entry: Owned) -> Any:
    from dagster import TableColumn, TableSchema

    return TableSchema(
        [
            TableColumn(column.name, column.type, tags={"classification": (column.classification or "not_classified").replace(".", "_")})
            for column in entry.table.columns
        ]
    )


def _checks(key: AssetKey) -> list[AssetCheckSpec]:
    return [
        AssetCheckSpec(ADDS_UP, asset=key, blocking=True, description="Rows read = landed + put aside + known before."),
        AssetCheckSpec(ACCEPTED, asset=key, description="No row of the landing was put into quarantine."),
    ]


def _held(key: AssetKey, table: TableLanding, context: AssetExecutionContext) -> list[AssetCheckResult]:
    adds_up = table.read == table.landed + table.quarantined + table.known
    results = [
        AssetCheckResult(
            passed=adds_up,
            asset_key=key,
            check_name=ADDS_UP,
            description=f"{table.read:,} read; {table.landed:,} landed, {table.quarantined:,} put aside, {table.known:,} known before",
        ),
        AssetCheckResult(
            passed=not table.quarantined,
            asset_key=key,
            check_name=ACCEPTED,
            severity=AssetCheckSeverity.WARN,
            description="; ".join(f"{rows:,} × {reason}" for reason, rows in table.reasons.items()) or "every row was good",
            metadata={"to see them": f"fondaco quarantine show {table.source}.{table.table}"} if table.quarantined else {},
        ),
    ]
    return [result for result in results if AssetCheckKey(key, str(result.check_name)) in context.selected_asset_check_keys]


def _metadata(table: TableLanding, run_id: str) -> Mapping[str, Any]:
    told: dict[str, Any] = {
        "rows read": table.read,
        "rows landed": table.landed,
        "rows put aside": table.quarantined,
        "rows known before": table.known,
        "rows deleted": table.deleted,
        "commits": table.commits,
        "bytes": table.bytes,
        "run": run_id,
    }
    return told | ({"notes": MetadataValue.md("\n".join(f"- {note}" for note in table.notes))} if table.notes else {})


def _span(context: AssetExecutionContext) -> Span | None:
    """The part of the sources' time that is to be read again; None for what is new."""
    if not context.has_partition_key_range and not context.has_partition_key:
        return None
    window = context.partition_time_window
    if window.end > now():
        return None
    first, last = (moment.astimezone(UTC).replace(tzinfo=None) for moment in (window.start, window.end))
    return Span(first, last)
