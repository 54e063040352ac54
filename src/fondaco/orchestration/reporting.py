"""Digests for people who do not look: of the last whole week and the last whole month, each as the policy shows it to her."""

from collections.abc import Iterator

from dagster import AssetExecutionContext, AssetsDefinition, AssetSpec, MaterializeResult, multi_asset

from fondaco.job import now
from fondaco.orchestration.calls import calling
from fondaco.orchestration.keys import OWNERS, POOL, of_policy, of_report
from fondaco.settings import Settings

SPANS = ("week", "month")


def reports(settings: Settings, span: str) -> AssetsDefinition:
    """One file for each user of `reports.users`: what `fondaco report --digest` writes for her."""
    told = settings.reports
    specs = [
        AssetSpec(
            of_report(span, user),
            deps=[of_policy()],
            description=f"The numbers of the last whole {span}, of what {user} may see: {told.folder / f'{span}-{user}.html'}",
            group_name="reports",
            kinds={"html"},
            owners=OWNERS,
        )
        for user in told.users
    ]

    @multi_asset(specs=specs, name=f"write_the_{span}", pool=POOL, description=f"Digests of the last whole {span}, one for each reader.")
    def write_reports(context: AssetExecutionContext) -> Iterator[MaterializeResult[None]]:
        from fondaco.dashboards.opening import looking
        from fondaco.dashboards.report import write

        with calling(context, settings.schedule):
            for user in told.users:
                path = told.folder / f"{span}-{user}.html"
                with looking(settings, user) as viewer:
                    made = write(viewer, settings, {"period": span}, path, now(), short=True)
                yield MaterializeResult(
                    asset_key=of_report(span, user), metadata={"file": str(path), "days": made.days, "reader sees": made.sees}
                )

    return write_reports
