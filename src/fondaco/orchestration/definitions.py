"""All that Dagster runs. Loaded from fondaco.yml and from the graph of the models as it was last prepared: dbt is not asked."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from dagster import (
    AssetSelection,
    Definitions,
    RunConfig,
    define_asset_job,
    definitions,
    in_process_executor,
)

from fondaco.alerts import Message, tell
from fondaco.errors import AlertNotSent, FondacoError
from fondaco.job import now
from fondaco.job.runs import RunLog
from fondaco.orchestration import landing, times
from fondaco.orchestration.building import building
from fondaco.orchestration.killed import finding
from fondaco.orchestration.policy import auditing
from fondaco.orchestration.reporting import SPANS, reports
from fondaco.orchestration.telling import digesting, telling
from fondaco.orchestration.upkeep import compaction
from fondaco.settings import Settings, load_settings
from fondaco.warehouse import kept_graph


@definitions
def defs() -> Definitions:
    """The shop of FONDACO_CONFIG, else of the folder that Dagster was started in."""
    return loaded(load_settings())


def loaded(settings: Settings) -> Definitions:
    """Its definitions. If they cannot be loaded nothing ticks, and no sensor could tell of it: somebody is told here. Raises as `of_shop` does."""
    try:
        return of_shop(settings)
    except FondacoError as error:
        title = f"{settings.project}: Dagster cannot load what it is to run, and nothing ticks"
        with suppress(AlertNotSent):
            tell(settings.alerts, Message("failed", title, (str(error),), see=settings.alerts.url, mend=error.hint))
        raise


def of_shop(settings: Settings) -> Definitions:
    """Assets, checks, jobs, schedules and sensors of one shop.

    Raises:
        DeclarationError: the graph of the models was not prepared, or a declaration is wrong.
    """
    graph = kept_graph(settings)
    partitions = landing.days(settings, first_day(settings))
    land, build = landing.landing(settings, partitions), building(settings, graph)
    checks = [landing.watching(settings), auditing(settings)]
    # the checks of assets come with them
    landed, built = AssetSelection.assets(land), AssetSelection.assets(build)
    fresh = AssetSelection.checks(checks[0])
    written = {span: reports(settings, span) for span in SPANS if settings.reports.users}
    everything = define_asset_job(
        "everything",
        landed | built | AssetSelection.checks(*checks),
        description="Land, look, build, check: the whole way, as `fondaco run`.",
    )
    land_new = define_asset_job("land", landed | fresh, description="Land what is new (`fondaco ingest`).")
    compare_keys = define_asset_job(
        "compare_keys",
        landed,
        config=RunConfig(ops={"land_tables": landing.Landing(sweep=True)}),
        description="Land what is new, and find what was deleted (`fondaco ingest --sweep`).",
    )
    build_models = define_asset_job("build", built, description="Build, test and show what has landed (`fondaco build`).")
    compact, daily = compaction(settings), digesting(settings)
    digests = {span: define_asset_job(f"report_{span}", AssetSelection.assets(made)) for span, made in written.items()}
    when = settings.schedule
    return Definitions(
        assets=[*landing.sources(settings), land, build, *written.values()],
        asset_checks=checks,
        jobs=[everything, land_new, compare_keys, build_models, compact, daily, *digests.values()],
        schedules=[
            *times.scheduled(settings, "land_what_is_new", when.ingest, land_new, times.landing_of_today, "schedule.ingest"),
            *times.scheduled(settings, "build_what_landed", when.build, build_models, times.build_if_needed(settings), "schedule.build"),
            *times.scheduled(settings, "find_what_was_deleted", when.sweep, compare_keys, times.landing_of_today, "schedule.sweep"),
            *times.scheduled(settings, "compact_the_lake", when.compact, compact, times.always, "schedule.compact"),
            *times.scheduled(settings, "tell_of_the_day", when.digest, daily, times.always, "schedule.digest"),
            *(
                each
                for span, job in digests.items()
                for each in times.scheduled(settings, f"write_the_{span}", getattr(when, span), job, times.always, f"schedule.{span}")
            ),
        ],
        sensors=[*times.drops(settings, land_new), *telling(settings), finding()],
        executor=in_process_executor,
    )


def first_day(settings: Settings) -> datetime:
    """Midnight of the first day that can be read again by its date, in the shop's zone."""
    zone = ZoneInfo(settings.business.timezone)
    started = RunLog(settings.state_dir).began()
    day = settings.schedule.first_day or (datetime.fromisoformat(started) if started else now()).astimezone(zone).date() - timedelta(days=1)
    return datetime.combine(day, time())
